import { Server, status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { MeasuredRound } from '../../../src/model/results/measurement.ts'
import { measureLatency } from '../../../src/serve/driver/measure.ts'
import { listenGrpcJs } from '../grpc-js-server.ts'
import { emulate } from '../router/live.ts'
import { stockServer } from './stock-servers.ts'

async function openFleet() {
  const emulator = await emulate([1, 1])
  return { emulator, servers: emulator.servers.map(({ type, address }) => ({ type, address })) }
}

describe.each([
  ['the published protocol', undefined],
  ['the Open Inference Protocol', 'small'],
])('%s', (_what, model) => {
  test('measures the service times of the server, without the warm-up', async () => {
    const { emulator, servers } = await openFleet()
    const progress: number[] = []
    const { latency: table, clientMs } = await measureLatency({
      servers,
      sizes: [1, 10],
      samples: 10,
      warmUp: 2,
      model,
      onProgress: ({ done, total }) => progress.push(done / total),
    })
    expect(table).toMatchObject({ types: ['fast', 'slow'], batchSizes: Float64Array.of(1, 10) })
    expect(Array.from(table.samples)).toEqual([10, 10, 10, 10])
    expect(progress).toEqual(Array.from({ length: 20 }, (_, i) => (i + 1) / 20))
    expect(clientMs).toHaveLength(4)
    expect(emulator.servers.map(({ served }) => served)).toEqual([24, 24])
    // slow on 10 items: 10 to 30 ms and the round trip
    const slowest = table.knotsMs.subarray(3 * table.levels.length)
    expect(slowest[0]).toBeGreaterThan(8)
    expect([...slowest]).toEqual([...slowest].sort((a, b) => a - b))
  })
})

test('rounds of an earlier run are not measured again', async () => {
  const { emulator, servers } = await openFleet()
  const done: MeasuredRound[] = []
  const ended = new AbortController()
  const options = { servers, sizes: [1, 10], samples: 10, warmUp: 0 }
  const keep = (round: MeasuredRound) => {
    done.push(round)
    if (done.length === 13) ended.abort()
  }
  await expect(measureLatency({ ...options, onMeasured: keep, signal: ended.signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
  expect(done.map(({ type }) => type)).toEqual([...Array(10).fill('fast'), ...Array(3).fill('slow')])
  const before = emulator.servers.map(({ served }) => served)
  const progress: number[] = []
  const { latency } = await measureLatency({
    ...options,
    // more rounds than are asked for
    kept: [...done, { type: 'fast', samplesMs: [0, 0] }],
    onProgress: (at) => progress.push(at.done),
  })
  expect(progress).toEqual([10, 13, 14, 15, 16, 17, 18, 19, 20])
  expect(emulator.servers.map(({ served }, i) => served - before[i])).toEqual([0, 14])
  expect(latency.knotsMs[0]).toBe(Math.min(...done.slice(0, 10).map(({ samplesMs }) => samplesMs[0])))
})

test('the time of the client is taken off on request, and a time above 0 is left', async () => {
  const { emulator, servers } = await openFleet()
  const kept = servers.flatMap(({ type }) =>
    Array.from({ length: 10 }, () => ({ type, samplesMs: [1e6, 0] })),
  )
  const options = { servers, sizes: [1, 10], samples: 10, kept, clientCost: 'subtract' } as const
  const { latency, clientMs } = await measureLatency(options)
  expect(emulator.servers.map(({ served }) => served)).toEqual([0, 0])
  expect(clientMs.every((ms) => ms > 0)).toBe(true)
  const expected = [1e6 - clientMs[0], 0.001, 1e6 - clientMs[2], 0.001]
  expect([...latency.meanMs]).toEqual(expected.map((ms) => expect.closeTo(ms, 6)))
})

describe('an error names the server and the problem', () => {
  test('a batch size that the server rejects', async () => {
    const { servers } = await openFleet()
    await expect(measureLatency({ servers, sizes: [1000], samples: 10 })).rejects.toMatchObject({
      code: 'SERVER',
      message: expect.stringMatching(
        /^127.0.0.1:\d+: refuses a batch of 1000: INVALID_ARGUMENT .*; change the request as the message of the server says$/,
      ),
    })
  })

  test('a model that the server does not have', async () => {
    const { servers } = await openFleet()
    await expect(measureLatency({ servers, sizes: [1], samples: 10, model: 'x' })).rejects.toThrow(
      /has no model "x": NOT_FOUND there is no model "x" here.*; name one that it serves/,
    )
  })

  test('a server of another protocol', async () => {
    const { address } = await stockServer({ inputs: [], serve: (_items, done) => done() })
    const servers = [{ type: 'a', address }]
    await expect(measureLatency({ servers, sizes: [1], samples: 10 })).rejects.toThrow(
      /does not speak the protocol of the published scripts: UNIMPLEMENTED .*; name its model/,
    )
  })

  test('a server whose answers are empty', async () => {
    const serve = (_items: number, done: () => void) => done()
    const { address } = await stockServer({ inputs: [], serve, answersEmpty: true })
    const servers = [{ type: 'a', address }]
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }]
    await expect(measureLatency({ servers, sizes: [1], samples: 10, model: 'm', inputs })).rejects.toThrow(
      /fails at a batch of 1: INTERNAL the server sent an invalid response; look into its log/,
    )
  })

  test('a server that never answers, and one that cannot be reached', async () => {
    const silent = new Server()
    silent.register('/grpc.Scheduler/Serve', () => undefined, Buffer.from, Buffer.from, 'unary')
    const listening = await listenGrpcJs(silent)
    onTestFinished(() => listening.close(0))
    const silentServer = [{ type: 'a', address: listening.address }]
    await expect(
      measureLatency({ servers: silentServer, sizes: [1], samples: 10, timeoutMs: 50 }),
    ).rejects.toThrow(
      /does not answer a batch of 1 in time: DEADLINE_EXCEEDED .*; check that it runs, .* has enough time$/,
    )
    const { address } = await listenGrpcJs(new Server()).then(async (gone) => {
      await gone.close(0)
      return gone
    })
    await expect(
      measureLatency({ servers: [{ type: 'a', address }], sizes: [1], samples: 10 }),
    ).rejects.toMatchObject({ code: 'SERVER', cause: { code: status.UNAVAILABLE } })
  })
})
