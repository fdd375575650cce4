/** Runs of `distribute` whose servers fail. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Server } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { distribute } from '../../../src/serve/driver/distribute.ts'
import type { DistributeProgress } from '../../../src/serve/driver/tally.ts'
import { inference } from '../../../src/serve/protocols/inference.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { zeroMetadata } from '../../../src/serve/protocols/zeros.ts'
import { listenGrpcJs } from '../grpc-js-server.ts'
import { workload } from '../router/live.ts'
import { evenTrace } from './even-trace.ts'
import { openFleet } from './open-fleet.ts'

const { types } = workload.latency

/** Does something as soon as the progress of a run has an answer: a machine may take any time to start the run. */
function onceAnswered(act: () => void): (progress: DistributeProgress) => void {
  let isDone = false
  return ({ done }) => {
    if (isDone || done === 0) return
    isDone = true
    act()
  }
}

describe('a failing server', () => {
  test('loses its running query; the other server takes the rest', async () => {
    const { emulator, run } = await openFleet([2, 0])
    const trace = evenTrace(5, 200, [100])
    const result = await run({ trace, onProgress: onceAnswered(() => emulator.servers[0].stop()) })
    expect(result.latencyMs.length + result.failures.length).toBe(200)
    expect(result.failures.length).toBeLessThanOrEqual(1)
    for (const failure of result.failures) {
      expect(failure).toMatchObject({ instance: 0, reason: expect.stringMatching(/^UNAVAILABLE|^CANCELLED/) })
    }
  })

  test.each([undefined, 'small'])('that is started again gets queries again (model %s)', async (model) => {
    const { emulator, addresses } = await openFleet([1, 0])
    const start = (port?: number) => {
      const server = new Server()
      server.addService(scheduler as never, {
        Serve: (_: unknown, answer: (e: null, r: object) => void) => answer(null, { exeTime: 3 }),
      })
      server.addService(inference as never, {
        // a server of the published protocol may have its model under any name
        ModelReady: (_: unknown, answer: (e: null, r: object) => void) =>
          answer(null, { ready: model !== undefined }),
        ModelMetadata: (_: unknown, answer: (e: null, r: object) => void) =>
          answer(null, zeroMetadata('small', '')),
        ModelInfer: (_: unknown, answer: (e: null, r: object) => void) =>
          answer(null, { modelName: 'small', outputs: [] }),
      })
      return listenGrpcJs(server, port === undefined ? {} : { port })
    }
    let listening = await start()
    onTestFinished(() => listening.close(0))
    const restart = async () => {
      await listening.close(0)
      await sleep(500)
      listening = await start(listening.port)
    }
    let restarted: Promise<void> | undefined
    const result = await distribute({
      ...{ workload, types, counts: [2, 0], policy: 'fcfs', model },
      addresses: [...addresses, listening.address],
      trace: evenTrace(10, 300, [100]),
      onProgress: onceAnswered(() => {
        restarted = restart()
      }),
    })
    await restarted
    expect(emulator.servers[0].served).toBeGreaterThan(0)
    const [{ instance, atMs, backMs }] = result.lostServers
    expect(result.lostServers).toHaveLength(1)
    expect(instance).toBe(1)
    expect(backMs! - atMs).toBeGreaterThan(400)
    // the server has one slot: exactly the query that shows the loss fails
    expect(result.failures).toHaveLength(1)
    const byIt = result.startMs.filter((_, i) => result.instance[i] === 1)
    expect(byIt.filter((ms) => ms >= backMs!).length).toBeGreaterThan(5)
  })

  test('ends the run if it was the last one', async () => {
    const { emulator, run } = await openFleet([1, 0])
    const onProgress = onceAnswered(() => emulator.servers[0].stop())
    await expect(run({ trace: evenTrace(5, 400, [100]), onProgress })).rejects.toMatchObject({
      code: 'SERVER',
      message: expect.stringMatching(/the last reachable server, 127.0.0.1:\d+, no longer answers/),
    })
  })

  test('ends the run with another cure if it takes longer than is allowed', async () => {
    const { run } = await openFleet([1, 0])
    await expect(run({ trace: evenTrace(5, 10, [100]), timeoutMs: 1 })).rejects.toMatchObject({
      code: 'SERVER',
      cure: 'allow requests more than 1 ms, or look into the log of the server',
    })
  })

  test('is an error if it cannot be reached at the start', async () => {
    const { emulator, run } = await openFleet([1, 1])
    await emulator.servers[1].stop()
    await expect(run({ trace: evenTrace(1, 10) })).rejects.toMatchObject({
      code: 'SERVER',
      message: expect.stringMatching(new RegExp(`^${emulator.servers[1].address}: cannot be reached`)),
    })
  })
})
