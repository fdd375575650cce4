import { status } from '@grpc/grpc-js'
import { expect, test, vi } from 'vitest'

const error = { kind: 'error', code: status.UNAVAILABLE, details: 'no descriptor is free', origin: 'server' }

vi.mock(import('../../../src/serve/grpc/client/channel.ts'), async (load) => ({
  ...(await load()),
  openChannel: () =>
    ({
      call: (_asked: unknown, ended: (e: unknown) => void) => ended(error),
      close: () => undefined,
    }) as never,
}))

const { timeLoopback } = await import('../../../src/serve/grpc/loopback.ts')

test('a call that fails has no time: the measurement ends with its error', async () => {
  await expect(timeLoopback({ warmUp: 1, calls: 1 })).rejects.toThrow('no descriptor is free')
})
