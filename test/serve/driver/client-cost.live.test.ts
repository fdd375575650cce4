import { expect, test } from 'vitest'
import { withEcho } from '../../../src/serve/driver/client-cost.ts'

const PROTOCOL = { transport: 'grpc', metadata: undefined, isBinary: false } as const

/** The ports and connections of this process. */
const open = () => process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length

test.each([
  ['is done', async () => undefined],
  ['fails', () => Promise.reject(new Error('stopped'))],
])('a server that answers at once leaves no port and no connection when its work %s', async (_, end) => {
  const before = open()
  const used = withEcho(undefined, PROTOCOL, undefined, async (send) => {
    await send(8)
    expect(open()).toBeGreaterThan(before)
    return end()
  })
  await used.catch((error: Error) => expect(error.message).toBe('stopped'))
  await expect.poll(open).toBe(before)
})
