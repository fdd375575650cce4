import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { route } from './live.ts'

test('connections that are closed for new ones are counted, and told in the log', async () => {
  const warnings: unknown[] = []
  const ignore = () => undefined
  const log = { debug: ignore, info: ignore, warn: (...line: unknown[]) => warnings.push(line) }
  const { router } = await route({ fleet: [], maxConnections: 2, log })
  const [host, port] = router.address.split(':')
  const open = () => {
    const socket = connect(Number(port), host).on('error', ignore)
    onTestFinished(() => void socket.destroy())
    return new Promise((resolve) => socket.once('connect', resolve))
  }
  const replaced = async () => /^kairos_replaced_connections_total (\d+)$/m.exec(await router.metrics())?.[1]
  for (let i = 0; i < 2; i++) await open()
  expect(await replaced()).toBe('0')
  for (let i = 0; i < 3; i++) await open()
  await expect.poll(replaced).toBe('3')
  const text = expect.stringMatching(/^connections of clients are closed for new ones, .* --max-connections/)
  expect(warnings).toEqual([[{ connections: 1, maxConnections: 2 }, text]])
  await router.close()
  // the rest of them
  expect(warnings.slice(1)).toEqual([[{ connections: 2, maxConnections: 2 }, text]])
})
