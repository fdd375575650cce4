import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type MeasureOptions, measureLatency } from '../../../src/serve/driver/measure.ts'
import { inBatches, inSlots, type Serve, stockServer } from './stock-servers.ts'

const quick = inSlots(1, () => 1)

function measure(address: string, options: Partial<MeasureOptions> = {}) {
  const notes: string[] = []
  const measured = measureLatency({
    servers: [{ type: 't', address }],
    sizes: [1, 3],
    samples: 10,
    warmUp: 0,
    model: 'm',
    clientCost: 'skip',
    onNote: (note) => notes.push(note),
    ...options,
  })
  return measured.then((measurement) => ({ ...measurement, notes }))
}

describe('a server that does not say which inputs its model takes', () => {
  const inputs = [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'scale', datatype: 'FP64', shape: [1] },
  ]

  test.each([
    ['names none', []],
    ['does not describe models', undefined],
  ])('%s: they are told', async (_what, named) => {
    const { address, got } = await stockServer({ inputs: named, serve: quick })
    const { latency, notes } = await measure(address, { inputs })
    expect(latency.samples).toEqual(Float64Array.of(10, 10))
    expect(got).toHaveLength(20)
    const three = got.find((request) => request.inputs[0].shape[0] === 3)!
    expect(three.inputs).toMatchObject([
      { name: 'x', datatype: 'FP32', shape: [3, 2] },
      { name: 'scale', datatype: 'FP64', shape: [1] },
    ])
    expect(three.rawInputContents!.map(({ length }) => length)).toEqual([24, 8])
    expect(notes).toEqual([])
  })

  test('without them there is an error that says how', async () => {
    const { address } = await stockServer({ inputs: [], serve: quick })
    await expect(measure(address)).rejects.toThrow(/"m" names no inputs; .*--input name:FP32:-1,64/)
    const silent = await stockServer({ serve: quick })
    await expect(measure(silent.address)).rejects.toThrow(/does not speak the Open Inference Protocol/)
  })

  test('over HTTP too', async () => {
    const bodies: { inputs: object[] }[] = []
    const server = createServer(async (request, response) => {
      let text = ''
      for await (const chunk of request) text += chunk
      if (request.method === 'POST') bodies.push(JSON.parse(text))
      response.end(JSON.stringify(request.url === '/v2/models/m' ? { name: 'm' } : { outputs: [] }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close().closeAllConnections())
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await expect(measure(address)).rejects.toThrow(/names no inputs/)
    await measure(address, { inputs: [inputs[0]], sizes: [2] })
    expect(bodies[0]).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [0, 0, 0, 0] }],
    })
  })
})

describe('free dimensions', () => {
  const inputs = [
    { name: 'tokens', datatype: 'INT64', shape: [-1, -1] },
    { name: 'mask', datatype: 'INT64', shape: [-1, -1] },
  ]

  test('are 1 with a warning, or as asked', async () => {
    const { address, got } = await stockServer({ inputs, serve: quick })
    const { notes } = await measure(address, { shapes: [{ name: 'tokens', shape: [-1, 128] }] })
    expect(got[0].inputs.map(({ shape }) => shape.slice(1))).toEqual([[128], [1]])
    expect(notes).toEqual([
      `${address}: a free dimension of mask [-1,-1] set to 1, which may be much faster than real inputs: set with --shape mask=-1,128`,
    ])
    const asked = inputs.map(({ name }) => ({ name, shape: [1, 16] }))
    const set = await measure(address, { shapes: asked })
    expect(set.notes).toEqual([])
    const last = got.at(-1)!
    const batch = last.inputs[0].shape[0]
    expect(last.inputs.map(({ shape }) => shape)).toEqual([
      [batch, 16],
      [batch, 16],
    ])
  })

  test.each([
    [
      'an unknown input',
      { name: 'y', shape: [-1, 2] },
      /shape of y: is no input of the model "m"; it has tokens/,
    ],
    [
      'another number of dimensions',
      { name: 'mask', shape: [128] },
      /has 1 dimensions, and the server says \[-1,-1\]/,
    ],
    [
      'a fixed batch',
      { name: 'tokens', shape: [4, 2] },
      /starts with 4; its first dimension is the batch: write -1/,
    ],
  ])('%s is refused', async (_what, shape, message) => {
    const { address } = await stockServer({ inputs, serve: quick })
    await expect(measure(address, { shapes: [shape] })).rejects.toThrow(message)
  })

  test('a dimension that the server has fixed is refused', async () => {
    const fixed = [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }]
    const { address } = await stockServer({ inputs: fixed, serve: quick })
    await expect(measure(address, { shapes: [{ name: 'x', shape: [-1, 5] }] })).rejects.toThrow(
      /shape of x: is \[-1,5\], and the server says \[-1,4\]; only free dimensions can be set/,
    )
  })
})

const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1] }]

test('sizes are shuffled: each occurs once in a round, in another order each time', async () => {
  const { address, got } = await stockServer({ inputs, serve: quick })
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8]
  await measure(address, { sizes })
  const order = got.map((request) => request.inputs[0].shape[0])
  const rounds = Array.from({ length: 10 }, (_, i) => order.slice(8 * i, 8 * i + 8))
  for (const round of rounds) expect([...round].sort()).toEqual(sizes)
  expect(new Set(rounds.map((round) => round.join())).size).toBeGreaterThan(8)
})

test('as many requests are under way as the concurrency says, to the last sample', async () => {
  let underWay = 0
  const seen: number[] = []
  const { address } = await stockServer({
    inputs,
    serve: (_items, done) => {
      seen.push(++underWay)
      setTimeout(() => {
        underWay--
        done()
      }, 5)
    },
  })
  const { latency } = await measure(address, { concurrency: 3, samples: 20 })
  expect(latency.concurrency).toEqual(Float64Array.of(3))
  const measured = seen.slice(-40)
  expect(Math.max(...measured)).toBe(3)
  expect(Math.max(...measured.slice(-6))).toBe(3)
  const alone = await measure(address)
  expect(alone.latency.concurrency).toEqual(Float64Array.of(1))
  expect(seen.at(-1)).toBe(1)
})

/** Serves one request after another on a clock that only it moves: the times that a client takes are exactly these. */
function inOneVirtualSlot(ms: (items: number) => number): Serve {
  let nowMs = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  onTestFinished(() => clock.mockRestore())
  return (items, done) => {
    nowMs += ms(items)
    done()
  }
}

// what is found of which server: detect-batching.test.ts, in virtual time
describe('whether a server batches', () => {
  const sizes = [1, 16]

  test('it does: its times are those of single requests', async () => {
    // slow, because the answers of 16 requests may be read late by a quarter of two batches
    const ms = (items: number) => 120 + items
    const { address } = await stockServer({ inputs, serve: inBatches(16, ms) })
    const { maxBatch, latency, notes } = await measure(address, { sizes, concurrency: 4 })
    expect(maxBatch).toEqual({ t: 16 })
    expect(latency.concurrency).toEqual(Float64Array.of(1))
    expect(latency.meanMs[1]).toBeLessThan(1.5 * ms(16))
    expect(notes).toEqual([
      expect.stringMatching(
        /the server batches concurrent requests, up to about 16 items, unless it has more slots than the concurrency of 4. Latency is measured one request at a time/,
      ),
    ])
  })

  test('it serves all at the same time, in more slots than the concurrency', async () => {
    const { address } = await stockServer({ inputs, serve: inSlots(64, (items) => 100 + 10 * items) })
    const { maxBatch, latency, notes } = await measure(address, { sizes, concurrency: 4 })
    expect(maxBatch).toEqual({})
    expect(latency.concurrency).toEqual(Float64Array.of(4))
    expect(notes).toEqual([
      `${address}: requests that come together are served at the same time, and not as one batch: the server has more slots than the concurrency of 4; measure with as many as it has`,
    ])
  })

  test('it does not', async () => {
    const { address } = await stockServer({ inputs, serve: inOneVirtualSlot(() => 20) })
    const { maxBatch, latency, notes } = await measure(address, { sizes, concurrency: 4 })
    expect(maxBatch).toEqual({})
    expect(latency.concurrency).toEqual(Float64Array.of(4))
    expect(notes).toEqual([
      `${address}: requests that come together are not served as one batch`,
      expect.stringMatching(
        /: 4 requests at the same time take 4\.0 times as long as one, and the times contain their waiting: measure with a concurrency of 1 if /,
      ),
    ])
  })

  test('it cannot be told where time grows with the size', async () => {
    const { address } = await stockServer({ inputs, serve: inOneVirtualSlot((items) => 4 * items) })
    const { maxBatch, notes } = await measure(address, { sizes: [4, 8, 16], concurrency: 2 })
    expect(maxBatch).toEqual({})
    expect(notes).toEqual([
      expect.stringMatching(/cannot be told: a batch of these sizes takes about as long/),
    ])
  })
})

describe('the time of the client', () => {
  const big = [{ name: 'x', datatype: 'FP32', shape: [-1, 20_000] }]

  test('is measured with the same requests, and can be taken off', async () => {
    const { address } = await stockServer({ inputs: big, serve: inSlots(1, () => 10) })
    // 80 kB and 3.2 MB
    const sizes = [1, 40]
    for (const clientCost of ['measure', 'subtract'] as const) {
      const rounds: (readonly number[])[] = []
      const onMeasured: MeasureOptions['onMeasured'] = ({ samplesMs }) => void rounds.push(samplesMs)
      const { clientMs, latency } = await measure(address, { sizes, clientCost, onMeasured })
      expect(clientMs).toHaveLength(2)
      expect(clientMs[0]).toBeGreaterThan(0)
      expect(clientMs[1]).toBeGreaterThan(clientMs[0])
      const offMs = clientCost === 'subtract' ? clientMs : [0, 0]
      for (const k of sizes.keys()) {
        const lessMs = rounds.map((samplesMs) => Math.max(0.001, samplesMs[k] - offMs[k]))
        expect(latency.meanMs[k]).toBeCloseTo(lessMs.reduce((sum, ms) => sum + ms) / lessMs.length, 9)
      }
    }
  })

  test('over HTTP and in the published protocol too', async () => {
    const server = createServer((request, response) => {
      request.resume()
      request.on('end', () => {
        const model = { name: 'm', inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }] }
        response.end(JSON.stringify(request.url === '/v2/models/m' ? model : { outputs: [] }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close().closeAllConnections())
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const { clientMs } = await measure(address, { clientCost: 'measure' })
    for (const ms of clientMs) expect(ms).toBeGreaterThan(0)
    expect(clientMs).toHaveLength(2)
  })
})
