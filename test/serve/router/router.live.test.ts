import { readFileSync } from 'node:fs'
import { connectivityState, status } from '@grpc/grpc-js'
import { service as healthProtocol } from 'grpc-health-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { health } from '../../../src/serve/protocols/health.ts'
import { inference } from '../../../src/serve/protocols/inference.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { zeroRequest } from '../../../src/serve/protocols/zeros.ts'
import { createRouter } from '../../../src/serve/router/router.ts'
import { call, connect } from '../grpc-js-client.ts'
import { codeOf, emulate, route, serverOf, until, workload } from './live.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url))
const get = (address: string, path: string) => fetch(`http://${address}${path}`)

async function pair() {
  const { servers } = await emulate([1, 1])
  const { router, client } = await route({ fleet: servers })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  return { servers, router, client }
}

describe('clients', () => {
  test('speak the published protocol: the wait in the router is added to their own', async () => {
    const { client } = await pair()
    const replies = await Promise.all(
      [1, 2, 3, 4].map(() => call(client, scheduler.Serve, { batch: 100, qWait: 5 })),
    )
    for (const { exeTime } of replies) expect(exeTime).toBeGreaterThan(4)
    const waits = replies.map(({ qWait }) => qWait).sort((x, y) => x - y)
    expect(waits[0]).toBeGreaterThanOrEqual(5)
    // four queries on two servers, of which the fast one takes at least 5 ms for each
    expect(waits[3]).toBeGreaterThanOrEqual(10)
  })

  test('speak the Open Inference Protocol', async () => {
    const { client } = await pair()
    expect(await call(client, inference.ServerLive, {})).toEqual({ live: true })
    expect(await call(client, inference.ServerReady, {})).toEqual({ ready: true })
    expect(await call(client, inference.ServerMetadata, {})).toMatchObject({ name: 'kairos' })
    expect(await call(client, inference.ModelReady, { name: 'small', version: '' })).toEqual({ ready: true })
    expect(await call(client, inference.ModelReady, { name: 'x', version: '' })).toEqual({ ready: false })
    const metadata = await call(client, inference.ModelMetadata, { name: 'small', version: '' })
    expect(metadata).toMatchObject({ name: 'small', platform: 'kairos_emulator' })
    const response = await call(client, inference.ModelInfer, { ...zeroRequest(metadata, 10), id: 'mine' })
    expect(response).toMatchObject({ modelName: 'small', id: 'mine', outputs: [{ shape: [10, 1] }] })
    expect(await codeOf(call(client, inference.ModelMetadata, { name: 'x', version: '' }))).toBe(
      status.NOT_FOUND,
    )
    expect(await codeOf(call(client, inference.ModelInfer, { modelName: 'x', inputs: [] }))).toBe(
      status.NOT_FOUND,
    )
  })

  test('ask for the health of the router and of its models', async () => {
    const { client } = await pair()
    expect(await call(client, health.Check, { service: '' })).toEqual({ status: 1 })
    expect(await call(client, health.Check, { service: 'small' })).toEqual({ status: 1 })
    expect(await codeOf(call(client, health.Check, { service: 'x' }))).toBe(status.NOT_FOUND)
  })

  test.each([0, -1, 101])('get INVALID_ARGUMENT for a batch of %i, which has no bin', async (batch) => {
    const { client } = await pair()
    await expect(call(client, scheduler.Serve, { batch, qWait: 0 })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: `a batch of ${batch} has no bin: batches above 0 and up to 100 are served`,
    })
  })

  test('have deadlines: a request whose deadline passes while it waits is never sent', async () => {
    // 200 ms or more each
    const { servers } = await emulate([0, 1])
    const { router, client } = await route({ fleet: servers })
    await until(() => router.servers()[0].state === 'up')
    const running = codeOf(call(client, scheduler.Serve, { batch: 100, qWait: 0 }))
    await until(() => router.servers()[0].inFlight === 1)
    const waiting = [1, 1, 1].map((batch) => {
      return codeOf(call(client, scheduler.Serve, { batch, qWait: 0 }, { timeoutMs: 20 }))
    })
    expect(await Promise.all(waiting)).toEqual(new Array(3).fill(status.DEADLINE_EXCEEDED))
    expect(await running).toBe(status.OK)
    expect(await codeOf(call(client, scheduler.Serve, { batch: 1, qWait: 0 }))).toBe(status.OK)
    expect(servers[0].served).toBe(2)
  })

  test('cancel: waiting requests are not sent, running ones are cancelled', async () => {
    // 200 ms or more each: nothing ends before it is cancelled
    const { servers } = await emulate([0, 1])
    const { router, client } = await route({ fleet: servers })
    await until(() => router.servers()[0].state === 'up')
    const cancelled = new AbortController()
    const calls = [100, 100, 100, 100].map((batch) => {
      return codeOf(call(client, scheduler.Serve, { batch, qWait: 0 }, { signal: cancelled.signal }))
    })
    await until(() => router.servers()[0].inFlight === 1)
    cancelled.abort()
    expect(await Promise.all(calls)).toEqual(new Array(4).fill(status.CANCELLED))
    await until(() => router.servers().every(({ inFlight }) => inFlight === 0))
    expect(servers[0].served).toBeLessThan(2)
  })
})

describe('servers', () => {
  test('that speak one protocol serve clients of the other one, if the router is to translate', async () => {
    const serve = await serverOf({
      '/grpc.Scheduler/Serve': (request, answer) => {
        const { batch, qWait } = scheduler.Serve.requestDeserialize(request)
        if (batch === 0) return answer({ code: status.UNKNOWN, details: 'KeyError: 0' })
        answer(null, scheduler.Serve.responseSerialize({ exeTime: 7, idx: 3, qWait }))
      },
    })
    const first = await route({ fleet: [{ address: serve, type: 'fast' }], translate: true })
    await until(() => first.router.servers()[0].state === 'up')
    const inputs = [{ name: 'input', datatype: 'FP32', shape: [10, 1] }]
    const response = await call(first.client, inference.ModelInfer, { modelName: 'small', id: 'i', inputs })
    expect(response).toMatchObject({
      modelName: 'small',
      id: 'i',
      parameters: { exe_time_ms: { doubleParam: 7 } },
      outputs: [{ shape: [10, 1] }],
    })
    expect(await call(first.client, scheduler.Serve, { batch: 3, qWait: 0 })).toMatchObject({ idx: 3 })

    const asked: unknown[] = []
    const { ServerLive, ModelReady, ModelMetadata, ModelInfer } = inference
    const infer = await serverOf({
      [ServerLive.path]: (_, answer) => answer(null, ServerLive.responseSerialize({ live: true })),
      [ModelReady.path]: (_, answer) => answer(null, ModelReady.responseSerialize({ ready: true })),
      [ModelMetadata.path]: (request, answer) => {
        const { name } = ModelMetadata.requestDeserialize(request)
        const shape = { name: 'x', datatype: 'INT64', shape: [-1, 4] }
        const metadata = { name, versions: ['1'], platform: 'p', inputs: [shape], outputs: [] }
        answer(null, ModelMetadata.responseSerialize(metadata))
      },
      [ModelInfer.path]: (request, answer) => {
        asked.push(ModelInfer.requestDeserialize(request))
        answer(null, ModelInfer.responseSerialize({ modelName: 'resnet', outputs: [] }))
      },
    })
    const second = await route({
      fleet: [{ address: infer, type: 'fast', model: 'resnet' }],
      translate: true,
    })
    await until(() => second.router.servers()[0].state === 'up')
    const reply = await call(second.client, scheduler.Serve, { batch: 3, qWait: 4 })
    expect(reply.qWait).toBeGreaterThanOrEqual(4)
    await call(second.client, inference.ModelInfer, { modelName: 'small', id: 'i', inputs })
    // the server's name of the model, and the batch
    expect(asked).toMatchObject([
      { modelName: 'resnet', inputs: [{ name: 'x', datatype: 'INT64', shape: [3, 4] }] },
      { modelName: 'resnet', id: 'i', inputs: [{ name: 'input', shape: [10, 1] }] },
    ])
    const metadata = await call(second.client, inference.ModelMetadata, { name: 'small', version: '' })
    expect(metadata).toMatchObject({ name: 'small', inputs: [{ name: 'x', shape: [-1, 4] }] })
  })

  test('can be replaced without a restart', async () => {
    const { servers, router, client } = await pair()
    router.setFleet([servers[1]])
    await until(() => router.servers().length === 1)
    const before = servers[1].served
    await call(client, scheduler.Serve, { batch: 1, qWait: 0 })
    expect(servers[1].served).toBe(before + 1)
    router.setFleet([])
    expect(await codeOf(call(client, scheduler.Serve, { batch: 1, qWait: 0 }))).toBe(status.UNAVAILABLE)
    expect(await call(client, inference.ServerReady, {})).toEqual({ ready: false })
    router.setFleet(servers)
    await until(() => router.servers().filter(({ state }) => state === 'up').length === 2)
    expect(await codeOf(call(client, scheduler.Serve, { batch: 1, qWait: 0 }))).toBe(status.OK)
    expect(() => router.setFleet([{ address: 'x:1', type: 'other' }])).toThrow(
      /x:1 is of type "other", which the table of small lacks; it has fast, slow/,
    )
  })

  test('of several models get the requests for their model', async () => {
    const other = { ...workload, model: 'other' }
    const { servers } = await emulate([1, 0])
    const { servers: others } = await emulate([1, 0], { workload: other })
    const { router, client } = await route({
      workload: [workload, other],
      fleet: [
        { ...servers[0], address: servers[0].address, type: 'fast' },
        { address: others[0].address, type: 'fast', model: 'other' },
      ],
    })
    await until(() => router.servers().every(({ state }) => state === 'up'))
    const inputs = [{ name: 'input', datatype: 'FP32', shape: [1, 1] }]
    await call(client, inference.ModelInfer, { modelName: 'other', inputs })
    expect([servers[0].served, others[0].served]).toEqual([0, 1])
    // a request of the published protocol names no model and goes to the first one
    await call(client, scheduler.Serve, { batch: 1, qWait: 0 })
    expect([servers[0].served, others[0].served]).toEqual([1, 1])
    expect(() => router.setFleet([{ address: 'x:1', type: 'fast', model: 'third' }])).toThrow(
      /x:1 serves "third", of which there is no workload; there is small, other/,
    )
  })
})

describe('reports', () => {
  test('metrics, health and readiness over HTTP', async () => {
    const { servers, router, client } = await pair()
    await Promise.all([1, 1, 10, 100].map((batch) => call(client, scheduler.Serve, { batch, qWait: 0 })))
    await codeOf(call(client, scheduler.Serve, { batch: 0, qWait: 0 }))
    await codeOf(call(client, inference.ModelInfer, { modelName: 'other', inputs: [] }))
    const response = await get(router.adminAddress, '/metrics')
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0.0.4/)
    const text = await response.text()
    const ours = (all: string) => all.split('\n').filter((line) => line.includes('kairos_'))
    expect(ours(text)).toEqual(ours(await router.metrics()))
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m)
    expect(text).toContain('kairos_refusals_total{model="small",reason="deadline"} 0\n')
    const value = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
    expect(value('kairos_answers_total{model="small"}')).toBe(4)
    expect(value('kairos_started_total{model="small"}')).toBe(4)
    expect(value('kairos_refusals_total{model="small",reason="bad-batch"}')).toBe(1)
    expect(value('kairos_unknown_model_requests_total')).toBe(1)
    expect(value('kairos_violations_total{model="small"}')).toBeGreaterThanOrEqual(0)
    expect(value('kairos_decision_seconds_bucket{le="0.00001",model="small"}')).toBeGreaterThanOrEqual(0)
    expect(value('kairos_latency_seconds_count{model="small"}')).toBe(4)
    expect(value('kairos_queue_depth{model="small"}')).toBe(0)
    expect(value('kairos_connections')).toBe(1)
    expect(text).not.toContain(servers[0].address)
    expect(value('kairos_in_flight{model="small",type="fast"}')).toBe(0)
    expect(value('kairos_servers{model="small",type="fast",state="up"}')).toBe(1)
    expect(value('kairos_servers{model="small",type="fast",state="ejected"}')).toBe(0)
    expect(value('kairos_slowdown{model="small",type="fast"}')).toBeGreaterThan(0)
    expect((await get(router.adminAddress, '/healthz')).status).toBe(200)
    expect((await get(router.adminAddress, '/readyz')).status).toBe(200)
    expect((await get(router.adminAddress, '/else')).status).toBe(404)
    router.setFleet([])
    const notReady = await get(router.adminAddress, '/readyz')
    expect([notReady.status, await notReady.text()]).toEqual([503, 'no server can serve\n'])
  })

  test('malformed requests are counted, over gRPC and HTTP', async () => {
    const { router, client } = await pair()
    const garbage = { ...inference.ModelInfer, requestSerialize: () => Buffer.from([0xff]) }
    expect(await codeOf(call(client, garbage, { modelName: 'small', inputs: [] }))).toBe(
      status.INVALID_ARGUMENT,
    )
    const url = `http://${router.address}/v2/models/small/infer`
    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(400)
    expect(await router.metrics()).toContain('\nkairos_malformed_requests_total 2\n')
  })

  test('clients that watch its health hear of changes', async () => {
    const { router, client } = await pair()
    const watch = (service: string) => {
      const { path, requestSerialize, responseDeserialize } = healthProtocol.Watch
      const watched = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service })
      const told: string[] = []
      watched.on('data', ({ status: now }: { status: string }) => told.push(now))
      watched.on('error', () => undefined)
      return told
    }
    const [all, model, other] = ['', 'small', 'other'].map(watch)
    await until(() => [all, model, other].every(({ length }) => length === 1))
    expect([all, model, other]).toEqual([['SERVING'], ['SERVING'], ['SERVICE_UNKNOWN']])
    const fleet = router.servers()
    router.setFleet([])
    await until(() => all.length === 2 && model.length === 2)
    router.setFleet(fleet)
    await until(() => all.length === 3)
    router.close(1000)
    await until(() => all.length === 4)
    expect(all).toEqual(['SERVING', 'NOT_SERVING', 'SERVING', 'NOT_SERVING'])
  })

  test('the log has the size and the times of a request, not its content', async () => {
    const lines: string[] = []
    const line = (fields: object, message: string) => lines.push(JSON.stringify({ ...fields, message }))
    const { servers } = await emulate([1, 0])
    const { router, client } = await route({ fleet: servers, log: { debug: line, info: line, warn: line } })
    await until(() => router.servers()[0].state === 'up')
    const inputs = [{ name: 'secret', datatype: 'FP32', shape: [1, 1] }]
    await call(client, inference.ModelInfer, { modelName: 'small', id: 'secret', inputs })
    expect(lines.join()).toContain('"batch":1')
    expect(lines.join()).not.toContain('secret')
  })
})

test('a closed router ignores a new fleet', async () => {
  const { router } = await pair()
  await router.close()
  router.setFleet([{ address: '127.0.0.1:1', type: 'fast' }])
  expect(router.servers()).toEqual([])
})

test('while it closes, accepted requests are answered and new ones rejected', async () => {
  const { router, client } = await pair()
  const running = call(client, scheduler.Serve, { batch: 100, qWait: 0 })
  const waiting = call(client, scheduler.Serve, { batch: 100, qWait: 0 })
  await until(() => router.servers().some(({ inFlight }) => inFlight > 0))
  const closed = router.close(5000)
  // what arrives before the client is told to use another connection is accepted
  await until(() => client.getChannel().getConnectivityState(false) !== connectivityState.READY)
  const late = codeOf(call(client, scheduler.Serve, { batch: 1, qWait: 0 }))
  expect(await late).toBe(status.UNAVAILABLE)
  expect((await running).exeTime).toBeGreaterThan(0)
  expect((await waiting).exeTime).toBeGreaterThan(0)
  await closed
  await expect(get(router.adminAddress, '/healthz')).rejects.toThrow()
})

describe('TLS', () => {
  const tls = { cert: pem('server.pem'), key: pem('server.key') }
  const serverTls = { ca: pem('ca.pem') }

  test('towards clients and servers, mutual', async () => {
    const { servers } = await emulate([1, 0], { tls: { ...tls, clientCa: pem('ca.pem') } })
    const { router } = await route({
      fleet: servers,
      tls: { ...tls, clientCa: pem('ca.pem') },
      serverTls: { ...serverTls, cert: pem('client.pem'), key: pem('client.key') },
    })
    await until(() => router.servers()[0].state === 'up')
    const ask = (options: Parameters<typeof connect>[1]) => {
      const client = connect(router.address, options)
      onTestFinished(() => client.close())
      return codeOf(call(client, scheduler.Serve, { batch: 1, qWait: 0 }, { timeoutMs: 2000 }))
    }
    const shown = { ...serverTls, cert: pem('client.pem'), key: pem('client.key') }
    expect(await ask({ tls: shown })).toBe(status.OK)
    // no certificate, no trust, no TLS
    expect(await ask({ tls: serverTls })).toBe(status.UNAVAILABLE)
    expect(await ask({ tls: {} })).toBe(status.UNAVAILABLE)
    expect(await ask({})).toBe(status.UNAVAILABLE)
    expect(await ask({ tls: shown })).toBe(status.OK)
  })

  test('a key of another certificate is rejected', async () => {
    const shown = { ...serverTls, cert: pem('client.pem'), key: pem('server.key') }
    const fleet = [{ address: '127.0.0.1:1', type: 'fast' }]
    await expect(createRouter({ workload, fleet, serverTls: shown })).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringMatching(/the certificate for servers cannot be used: .*key values mismatch/),
    })
  })

  test('an invalid certificate is rejected', async () => {
    const broken = { cert: Buffer.from('x'), key: Buffer.from('y') }
    await expect(createRouter({ workload, fleet: [], tls: broken })).rejects.toThrow(
      /certificate cannot be used/,
    )
  })
})
