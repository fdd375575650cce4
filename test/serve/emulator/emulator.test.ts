import { type ServiceError, status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type EmulatorOptions, startEmulator } from '../../../src/serve/emulator/emulator.ts'
import { call, connect } from '../../../src/serve/grpc/connect.ts'
import { health } from '../../../src/serve/protocols/health.ts'
import { inference } from '../../../src/serve/protocols/inference.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { zeroRequest } from '../../../src/serve/protocols/zeros.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const workload = smallWorkload()
const types = workload.latency.types

async function emulate(options: Partial<EmulatorOptions> = {}) {
  const emulator = await startEmulator({ workload, types, counts: [1, 1], overheadMs: 0, ...options })
  const clients = emulator.servers.map(({ address }) => connect(address))
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await emulator.close()
  })
  return { emulator, clients, client: clients[0] }
}

const codeOf = (asked: Promise<unknown>) =>
  asked.then(
    () => status.OK,
    (error: ServiceError) => error.code,
  )

describe('the published protocol', () => {
  test('numbers servers by their position, gives back the wait, tells the time in ms', async () => {
    const { emulator, clients } = await emulate()
    expect(emulator.servers.map(({ type }) => type)).toEqual(['fast', 'slow'])
    const replies = await Promise.all(
      clients.map((client) => call(client, scheduler.Serve, { batch: 7, qWait: 12.5 })),
    )
    expect(replies.map(({ idx, qWait }) => [idx, qWait])).toEqual([
      [0, 12.5],
      [1, 12.5],
    ])
    // bin 10: 1 to 3 ms on the fast type, 10 to 30 ms on the slow one
    expect(replies[0].exeTime).toBeGreaterThanOrEqual(1)
    expect(replies[0].exeTime).toBeLessThanOrEqual(3)
    expect(replies[1].exeTime).toBeGreaterThanOrEqual(10)
    expect(replies[1].exeTime).toBeLessThanOrEqual(30)
  })

  test('one query at a time, the others wait in order', async () => {
    const { client } = await emulate()
    const order: number[] = []
    const started = performance.now()
    const exeTimes = await Promise.all(
      [100, 1, 100, 1].map(async (batch, i) => {
        const { exeTime } = await call(client, scheduler.Serve, { batch, qWait: 0 })
        order.push(i)
        return exeTime
      }),
    )
    const took = performance.now() - started
    expect(order).toEqual([0, 1, 2, 3])
    // timers make up for each other: the sum is right to a few milliseconds
    expect(took).toBeGreaterThan(exeTimes.reduce((sum, ms) => sum + ms, 0) - 3)
  })

  test('what waits is served at the pace of the table, whatever answers are taken off for the way', async () => {
    const { client } = await emulate({ overheadMs: 4 })
    const started = performance.now()
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => call(client, scheduler.Serve, { batch: 100, qWait: 0 })),
    )
    const sum = replies.reduce((ms, { exeTime }) => ms + exeTime, 0)
    expect(performance.now() - started).toBeGreaterThan(sum - 10)
  })

  test('the same seed draws the same service times, another one others', async () => {
    const draws = async (seed: number) => {
      const { client } = await emulate({ seed })
      const times: number[] = []
      for (let i = 0; i < 5; i++)
        times.push((await call(client, scheduler.Serve, { batch: 10, qWait: 0 })).exeTime)
      return times
    }
    const [first, again, other] = [await draws(3), await draws(3), await draws(4)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  test.each([0, -5, 101])('a batch of %i has no bin', async (batch) => {
    const { client } = await emulate()
    await expect(call(client, scheduler.Serve, { batch, qWait: 0 })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('up to 100'),
    })
  })

  test('a query that is given up while it waits is never served', async () => {
    const { emulator, clients } = await emulate()
    const first = call(clients[1], scheduler.Serve, { batch: 10, qWait: 0 })
    const given = call(clients[1], scheduler.Serve, { batch: 100, qWait: 0 }, { timeoutMs: 5 })
    expect(await codeOf(given)).toBe(status.DEADLINE_EXCEEDED)
    await first
    await call(clients[1], scheduler.Serve, { batch: 1, qWait: 0 })
    expect(emulator.servers[1].served).toBe(2)
  })
})

describe('the Open Inference Protocol', () => {
  test('says what it is and infers', async () => {
    const { client } = await emulate()
    expect(await call(client, inference.ServerLive, {})).toEqual({ live: true })
    expect(await call(client, inference.ServerReady, {})).toEqual({ ready: true })
    expect(await call(client, inference.ServerMetadata, {})).toMatchObject({ name: 'kairos_emulator' })
    expect(await call(client, inference.ModelReady, { name: 'small', version: '' })).toEqual({ ready: true })
    expect(await call(client, inference.ModelReady, { name: 'x', version: '' })).toEqual({ ready: false })
    const metadata = await call(client, inference.ModelMetadata, { name: 'small', version: '1' })
    const response = await call(client, inference.ModelInfer, { ...zeroRequest(metadata, 10), id: 'mine' })
    expect(response).toMatchObject({ modelName: 'small', modelVersion: '1', id: 'mine' })
    expect(response.outputs).toMatchObject([{ name: 'output', datatype: 'FP32', shape: [10, 1] }])
    expect(response.rawOutputContents?.[0]).toHaveLength(40)
    expect(response.parameters?.exe_time_ms.doubleParam).toBeGreaterThanOrEqual(1)
  })

  test('refuses other models, and requests without a batch', async () => {
    const { client } = await emulate()
    const inputs = [{ name: 'input', datatype: 'FP32', shape: [] }]
    expect(await codeOf(call(client, inference.ModelInfer, { modelName: 'small', inputs }))).toBe(
      status.INVALID_ARGUMENT,
    )
    expect(await codeOf(call(client, inference.ModelInfer, { modelName: 'small', inputs: [] }))).toBe(
      status.INVALID_ARGUMENT,
    )
    expect(await codeOf(call(client, inference.ModelInfer, { modelName: 'other', inputs }))).toBe(
      status.NOT_FOUND,
    )
    expect(await codeOf(call(client, inference.ModelMetadata, { name: 'other', version: '' }))).toBe(
      status.NOT_FOUND,
    )
  })

  test('messages are bounded', async () => {
    const { client } = await emulate({ maxMessageBytes: 1000 })
    const metadata = await call(client, inference.ModelMetadata, { name: 'small', version: '' })
    const request = { ...zeroRequest(metadata, 10), rawInputContents: [Buffer.alloc(2000)] }
    expect(await codeOf(call(client, inference.ModelInfer, request))).toBe(status.RESOURCE_EXHAUSTED)
  })
})

test('the health protocol', async () => {
  const { client } = await emulate()
  expect(await call(client, health.Check, { service: '' })).toEqual({ status: 1 })
  expect(await codeOf(call(client, health.Check, { service: 'nobody' }))).toBe(status.NOT_FOUND)
})

test('a slower server, and one that fails', async () => {
  const { emulator, client } = await emulate()
  emulator.servers[0].slowDown(10)
  expect((await call(client, scheduler.Serve, { batch: 10, qWait: 0 })).exeTime).toBeGreaterThanOrEqual(10)
  const asked = codeOf(call(client, scheduler.Serve, { batch: 100, qWait: 0 }))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await emulator.servers[0].stop()
  expect(await asked).not.toBe(status.OK)
})

test('what runs gets its time at the end', async () => {
  const { emulator, clients } = await emulate()
  await call(clients[1], scheduler.Serve, { batch: 1, qWait: 0 })
  const asked = call(clients[1], scheduler.Serve, { batch: 100, qWait: 3 })
  await new Promise((resolve) => setTimeout(resolve, 5))
  await emulator.close(1000)
  expect(await asked).toMatchObject({ qWait: 3 })
})

describe('what does not fit is refused, and nothing stays open', () => {
  test.each([
    ['other counts', { counts: [1] }, /counts: has 1 numbers; one for each of fast, slow/],
    ['half an instance', { counts: [0.5, 1] }, /counts\[0\]: is 0.5 for fast/],
    ['no instance', { counts: [0, 0] }, /counts: the configuration has no instance/],
    ['an unknown type', { types: ['fast', 'other'] }, /no instance type "other"/],
    ['a seed that is none', { seed: -1 }, /seed: is -1/],
    ['an address of somebody else', { host: '192.0.2.1' }, /cannot listen on 192.0.2.1/],
    ['a port that there is not', { port: -1 }, /port: is -1; a whole number from 0 to 65535/],
    ['no port at all', { port: Number.NaN }, /port: is NaN/],
    ['ports beyond the last', { port: 65_535 }, /port: is 65535 for the first of 2 servers/],
    ['no time', { overheadMs: Number.NaN }, /overheadMs: is NaN/],
    ['a message of no size', { maxMessageBytes: 0 }, /maxMessageBytes: is 0/],
    ['a broken certificate', { tls: { key: Buffer.from('x'), cert: Buffer.from('y') } }, /certificate/],
  ])('%s', async (_what, options, message) => {
    await expect(
      startEmulator({ workload, types, counts: [1, 1], overheadMs: 0, ...options }),
    ).rejects.toThrow(message)
  })

  test('a port in use', async () => {
    const { emulator } = await emulate()
    const port = Number(emulator.servers[0].address.split(':')[1])
    await expect(startEmulator({ workload, types, counts: [1, 0], port, overheadMs: 0 })).rejects.toThrow(
      /the port is in use/,
    )
  })
})
