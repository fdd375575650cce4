import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import type { Method } from '../../../../src/serve/grpc/server/server.ts'
import { unaryBytes } from '../../../../src/serve/grpc/server/unary.ts'
import { health } from '../../../../src/serve/protocols/health.ts'
import { healthMethods } from '../../../../src/serve/protocols/health-methods.ts'
import { scheduler } from '../../../../src/serve/protocols/scheduler.ts'
import { frameHex, requestRaw, serveMethods } from '../../grpc/grpc-server.ts'
import { emulate, route, until } from '../live.ts'

const INTERVAL_MS = 30_000

/** A server whose health can be changed, and which counts the questions. */
async function healthServer(watch?: Method) {
  let isServing = true
  let checks = 0
  const { methods, refresh } = healthMethods(new Map([['', () => isServing]]))
  const reply = scheduler.Serve.responseSerialize({ exeTime: 0, idx: 0, qWait: 0 })
  const counted: Method = (call) => {
    checks++
    return methods.get(health.Check.path)!(call)
  }
  const { listening } = await serveMethods({
    [scheduler.Serve.path]: unaryBytes((asked) => void asked.finish(reply)),
    [health.Check.path]: counted,
    ...(watch ? { [health.Watch.path]: watch } : { [health.Watch.path]: methods.get(health.Watch.path)! }),
  })
  return {
    address: listening.address,
    checks: () => checks,
    set(serving: boolean) {
      isServing = serving
      refresh()
    },
  }
}

/** Whether a server is up, within a time that is far below the interval of the checks. */
async function stateOf(address: string, healthIntervalMs = INTERVAL_MS) {
  const { router } = await route({ fleet: [{ address, type: 'fast' }], healthIntervalMs })
  const becomes = (state: string) => until(() => router.servers()[0].state === state)
  await becomes('up')
  return { router, becomes }
}

test('a server that says that it is no longer healthy is taken out, and back, before its next check', async () => {
  const server = await healthServer()
  const { becomes } = await stateOf(server.address)
  const before = performance.now()
  // until the stream is there
  await new Promise((resolve) => setTimeout(resolve, 100))
  server.set(false)
  await becomes('ejected')
  server.set(true)
  await becomes('up')
  expect(performance.now() - before).toBeLessThan(INTERVAL_MS / 3)
})

test('a server that is lost is noticed before its next check', async () => {
  const emulator = await emulate([1, 0])
  const { becomes } = await stateOf(emulator.servers[0].address)
  const before = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 100))
  await emulator.close()
  await becomes('ejected')
  expect(performance.now() - before).toBeLessThan(INTERVAL_MS / 3)
})

describe('checks of a healthy server', () => {
  const checksIn = async (server: Awaited<ReturnType<typeof healthServer>>) => {
    await stateOf(server.address, 50)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const before = server.checks()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    return server.checks() - before
  }

  test('are fewer while it reports its health, and as before if it does not', async () => {
    const watched = await checksIn(await healthServer())
    const plain = await checksIn(
      await healthServer((call) => ({
        message: () => call.end({ code: 12, details: 'not here' }),
        ended: () => undefined,
        cancelled: () => undefined,
      })),
    )
    expect(watched).toBeGreaterThan(1)
    expect(plain).toBeGreaterThan(2.5 * watched)
  })

  test('go on if the stream has garbage', async () => {
    const server = await healthServer((call) => ({
      message: () => call.send(Buffer.from([0xff, 0xff])),
      ended: () => undefined,
      cancelled: () => undefined,
    }))
    expect(await checksIn(server)).toBeGreaterThan(5)
  })
})

test.each([health.Check.path, health.Watch.path])(
  'a malformed request to %s is refused, and the server goes on',
  async (path) => {
    const { methods } = healthMethods(new Map([['', () => true]]))
    const { session } = await serveMethods(Object.fromEntries(methods))
    const asked = await requestRaw(session, { ':path': path }, [frameHex('00 00000001 0f'), undefined])
    expect(asked.headers['grpc-status']).toBe(String(status.INVALID_ARGUMENT))
    const after = [frameHex('00 00000000'), undefined]
    expect((await requestRaw(session, { ':path': health.Check.path }, after)).trailers).toMatchObject({
      'grpc-status': '0',
    })
  },
)
