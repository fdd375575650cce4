import { status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type EmulatorOptions, startEmulator } from '../../../src/serve/emulator/emulator.ts'
import { health } from '../../../src/serve/protocols/health.ts'
import { inference } from '../../../src/serve/protocols/inference.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { zeroRequest } from '../../../src/serve/protocols/zeros.ts'
import { call, connect } from '../grpc-js-client.ts'
import { codeOf, emulate, workload } from '../router/live.ts'

const types = workload.latency.types

async function open(options: Partial<EmulatorOptions> = {}) {
  const emulator = await emulate([1, 1], options)
  const clients = emulator.servers.map(({ address }) => connect(address))
  onTestFinished(() => {
    for (const client of clients) client.close()
  })
  return { emulator, clients, client: clients[0] }
}

describe('the published protocol', () => {
  test('a reply has the position of the server, the wait of the request and the service time in ms', async () => {
    const { emulator, clients } = await open()
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

  test('service times depend only on the seed', async () => {
    const draws = async (seed: number) => {
      const { client } = await open({ seed })
      const times: number[] = []
      for (let i = 0; i < 5; i++)
        times.push((await call(client, scheduler.Serve, { batch: 10, qWait: 0 })).exeTime)
      return times
    }
    const [first, again, other] = [await draws(3), await draws(3), await draws(4)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  test.each([0, -5, 101])('a batch of %i is rejected, because it has no bin', async (batch) => {
    const { client } = await open()
    await expect(call(client, scheduler.Serve, { batch, qWait: 0 })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('up to 100'),
    })
  })

  test('a query that is cancelled while it waits is never served', async () => {
    const { emulator, clients } = await open()
    const first = call(clients[1], scheduler.Serve, { batch: 10, qWait: 0 })
    const given = call(clients[1], scheduler.Serve, { batch: 100, qWait: 0 }, { timeoutMs: 5 })
    expect(await codeOf(given)).toBe(status.DEADLINE_EXCEEDED)
    await first
    await call(clients[1], scheduler.Serve, { batch: 1, qWait: 0 })
    expect(emulator.servers[1].served).toBe(2)
  })
})

describe('the Open Inference Protocol', () => {
  test('metadata and inference', async () => {
    const { client } = await open()
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

  test('other models and requests without a batch are rejected', async () => {
    const { client } = await open()
    const inputs = [{ name: 'input', datatype: 'FP32', shape: [] }]
    expect(await codeOf(call(client, inference.ModelInfer, { modelName: 'small', inputs }))).toBe(
      status.INVALID_ARGUMENT,
    )
    await expect(
      call(client, inference.ModelInfer, { modelName: 'small', inputs: [] }),
    ).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'the batch is unknown: the first input has no first dimension',
    })
    expect(await codeOf(call(client, inference.ModelInfer, { modelName: 'other', inputs }))).toBe(
      status.NOT_FOUND,
    )
    expect(await codeOf(call(client, inference.ModelMetadata, { name: 'other', version: '' }))).toBe(
      status.NOT_FOUND,
    )
  })

  test('messages above the limit are rejected', async () => {
    const { client } = await open({ maxMessageBytes: 1000 })
    const metadata = await call(client, inference.ModelMetadata, { name: 'small', version: '' })
    const request = { ...zeroRequest(metadata, 10), rawInputContents: [Buffer.alloc(2000)] }
    await expect(call(client, inference.ModelInfer, request)).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringMatching(/^the message has \d+ bytes, and the limit is 1000$/),
    })
  })
})

test('the health protocol', async () => {
  const { client } = await open()
  expect(await call(client, health.Check, { service: '' })).toEqual({ status: 1 })
  expect(await codeOf(call(client, health.Check, { service: 'nobody' }))).toBe(status.NOT_FOUND)
})

test('a port that speaks gRPC alone closes a connection of HTTP/1.1, and serves on', async () => {
  const { emulator, client } = await open()
  await expect(fetch(`http://${emulator.servers[0].address}/v2/health/live`)).rejects.toThrow('fetch failed')
  expect(await call(client, inference.ServerLive, {})).toEqual({ live: true })
})

test('a server can be slowed down and stopped', async () => {
  const { emulator, client } = await open()
  emulator.servers[0].slowDown(10)
  expect((await call(client, scheduler.Serve, { batch: 10, qWait: 0 })).exeTime).toBeGreaterThanOrEqual(10)
  const asked = codeOf(call(client, scheduler.Serve, { batch: 100, qWait: 0 }))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await emulator.servers[0].stop()
  expect(await asked).not.toBe(status.OK)
})

test('a factor or a grace that no timer can wait is refused', async () => {
  const { emulator } = await open()
  for (const factor of [0, -1, Number.NaN, Infinity, '2' as unknown as number]) {
    expect(() => emulator.servers[0].slowDown(factor)).toThrow(/^factor: is .*; a number > 0 is expected/)
  }
  await expect(emulator.close(Infinity)).rejects.toThrow(/graceMs: is Infinity/)
})

test('close waits for running queries', async () => {
  const { emulator, clients } = await open()
  await call(clients[1], scheduler.Serve, { batch: 1, qWait: 0 })
  // it arrives, and is not served before the end
  emulator.servers[1].slowDown(3)
  const asked = call(clients[1], scheduler.Serve, { batch: 100, qWait: 3 })
  await new Promise((resolve) => setTimeout(resolve, 200))
  const closed = emulator.close(60_000)
  expect(await asked).toMatchObject({ qWait: 3 })
  await closed
})

test('a port in use is rejected', async () => {
  const { emulator } = await open()
  const port = Number(emulator.servers[0].address.split(':')[1])
  await expect(startEmulator({ workload, types, counts: [1, 0], port, overheadMs: 0 })).rejects.toThrow(
    /the port is in use/,
  )
})
