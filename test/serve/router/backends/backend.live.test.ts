import { Metadata, Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { inference } from '../../../../src/serve/protocols/inference.ts'
import { grpcProtocols } from '../../../../src/serve/protocols/registry.ts'
import { scheduler } from '../../../../src/serve/protocols/scheduler.ts'
import { openServerBackend } from '../../../../src/serve/router/backends/backend.ts'
import type { Failure, Reply } from '../../../../src/serve/router/job.ts'
import { ask, call } from '../../grpc-js-client.ts'
import { listenGrpcJs } from '../../grpc-js-server.ts'
import { type Answer, codeOf, emulate, route, serverOf, until } from '../live.ts'

/** A server of the Open Inference Protocol, with what its model takes. */
async function inferenceServer(shape: number[], more: Parameters<typeof serverOf>[0] = {}, port = 0) {
  const inputs = shape.length === 0 ? [] : [{ name: 'x', datatype: 'FP32', shape }]
  const metadata = { name: 'other name', versions: ['7'], platform: '', inputs, outputs: [] }
  const asked: Buffer[] = []
  const path = '/inference.GRPCInferenceService/'
  const address = await serverOf(
    {
      [`${path}ServerLive`]: (_, answer) =>
        answer(null, inference.ServerLive.responseSerialize({ live: true })),
      [`${path}ModelMetadata`]: (_, answer) => {
        answer(null, inference.ModelMetadata.responseSerialize(metadata))
      },
      [`${path}ModelInfer`]: (request, answer) => {
        asked.push(request)
        answer(null, inference.ModelInfer.responseSerialize({ modelName: 'small', outputs: [] }))
      },
      ...more,
    },
    port,
  )
  return { address, asked }
}

/** @param model the server's name of the model "small", where it has another one */
function backendOf(address: string, model?: string) {
  const options = { model: 'small', maxMessageBytes: 2 ** 20, protocols: grpcProtocols(), translate: false }
  const backend = openServerBackend({ address, ...(model && { model }) }, options)
  onTestFinished(() => backend.close())
  return backend
}

/** The reply to a request. */
function sentTo(backend: ReturnType<typeof openServerBackend>): Promise<Reply> {
  const request = inference.ModelInfer.requestSerialize({ modelName: 'small', inputs: [] })
  return new Promise((resolve) => {
    backend.send({ protocol: 'inference', request, batch: 1 }, 0, 5_000, resolve)
  })
}

test('a request that fails during a check leaves what the check finds', async () => {
  let ready: (() => void) | undefined
  const path = '/inference.GRPCInferenceService/'
  const { address } = await inferenceServer([-1, 3], {
    [`${path}ModelReady`]: (_, answer) => {
      ready = () => answer(null, inference.ModelReady.responseSerialize({ ready: true }))
    },
    [`${path}ModelInfer`]: (_, answer) => answer(null, Buffer.from('no message')),
  })
  const backend = backendOf(address)
  const checked = backend.check(5_000)
  await until(() => ready !== undefined)
  expect(await sentTo(backend)).toMatchObject({ kind: 'failure', origin: 'invalid' })
  ready?.()
  expect(await checked).toBeUndefined()
  expect(backend.speaks('inference')).toBe(true)
  expect(backend.metadata()).toMatchObject({ versions: ['7'] })
})

test('a server that says that it is not ready still answers what it has begun, until its checks fail', async () => {
  let ready: boolean | undefined = true
  let described = 0
  const path = '/inference.GRPCInferenceService/'
  const { address } = await inferenceServer([], {
    [`${path}ModelReady`]: (_, answer) => {
      if (ready === undefined) answer({ code: status.UNAVAILABLE, details: 'no' })
      else answer(null, inference.ModelReady.responseSerialize({ ready }))
    },
    [`${path}ModelMetadata`]: (_, answer) => {
      described++
      answer({ code: status.UNIMPLEMENTED, details: '' })
    },
  })
  const backend = backendOf(address)
  const checked = async (is?: boolean) => {
    ready = is
    return [await backend.check(5_000), backend.isLeaving]
  }
  expect(await checked(true)).toEqual([undefined, false])
  expect(await checked(false)).toEqual(['the model "small" is not ready', true])
  expect(await checked(true)).toEqual([undefined, false])
  // it is the same server all the time
  expect(described).toBe(1)
  expect(await checked(false)).toEqual(['the model "small" is not ready', true])
  expect(await checked(undefined)).toEqual(['UNAVAILABLE no', false])
})

test.each<[string, (answer: Answer) => void, string | undefined, number]>([
  [
    'an answer',
    (answer) => answer(null, inference.ModelInfer.responseSerialize({ modelName: '', outputs: [] })),
    undefined,
    1,
  ],
  [
    'an error of the server',
    (answer) => answer({ code: status.INVALID_ARGUMENT, details: 'no' }),
    'server',
    1,
  ],
  [
    'a method that is unknown',
    (answer) => answer({ code: status.UNIMPLEMENTED, details: 'no' }),
    'server',
    2,
  ],
  ['bytes that are no answer', (answer) => answer(null, Buffer.from('no message')), 'invalid', 2],
])(
  'a server is asked again what it is where another program may have its address: after %s',
  async (...row) => {
    const [, infer, origin, times] = row
    let described = 0
    const path = '/inference.GRPCInferenceService/'
    const { address } = await inferenceServer([], {
      [`${path}ModelInfer`]: (_, answer) => infer(answer),
      [`${path}ModelMetadata`]: (_, answer) => {
        described++
        answer({ code: status.UNIMPLEMENTED, details: '' })
      },
    })
    const backend = backendOf(address)
    expect(await backend.check(5_000)).toBeUndefined()
    const { origin: found } = (await sentTo(backend)) as Partial<Failure>
    expect(found).toBe(origin)
    expect(await backend.check(5_000)).toBeUndefined()
    expect(described).toBe(times)
  },
)

test('a question names the model as the server does, and one about no model is passed on as it is', async () => {
  const asked: Buffer[] = []
  const path = '/inference.GRPCInferenceService/'
  const keep = (request: Buffer, answer: Answer) => {
    asked.push(request)
    answer(null, Buffer.alloc(0))
  }
  const { address } = await inferenceServer([], { [`${path}ModelReady`]: keep, [`${path}ServerReady`]: keep })
  const backend = backendOf(address, 'theirs')
  const message = inference.ModelReady.requestSerialize({ name: 'small', version: '7' })
  const ask = (method: string, bytes: Buffer, named: boolean) =>
    new Promise((resolve) => {
      backend.ask({ path: `${path}${method}`, message: bytes, timeoutMs: 5_000 }, named, resolve)
    })
  await ask('ModelReady', message, true)
  await ask('ServerReady', Buffer.alloc(0), false)
  expect(inference.ModelReady.requestDeserialize(asked[0])).toEqual({ name: 'theirs', version: '7' })
  expect(asked[1]).toHaveLength(0)
})

describe('a server of another implementation', () => {
  async function inFrontOf(server: { address: string }) {
    const it = await route({ fleet: [{ address: server.address, type: 'fast' }], translate: true })
    await until(() => it.router.servers()[0].state === 'up')
    return it
  }

  test.each<[string, number[], RegExp]>([
    ['whose batch is fixed', [8, 3], /takes 8 as the first dimension of x/],
    ['that names no inputs', [], /names no inputs/],
    ['whose inputs are larger than a message', [-1, 2 ** 24], /takes 335544320 bytes up to x/],
  ])('%s rejects requests of the published protocol and serves the others', async (_what, shape, reason) => {
    const { client } = await inFrontOf(await inferenceServer(shape))
    for (let i = 0; i < 3; i++) {
      await expect(call(client, scheduler.Serve, { batch: 5, qWait: 0 })).rejects.toMatchObject({
        code: status.FAILED_PRECONDITION,
        details: expect.stringMatching(reason),
      })
    }
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [8, 3] }]
    expect(await codeOf(call(client, inference.ModelInfer, { modelName: 'small', inputs }))).toBe(status.OK)
  })

  test('gets the name that the fleet has for its model, and its versions are known', async () => {
    const server = await inferenceServer([-1, 3])
    const { client } = await inFrontOf(server)
    await call(client, scheduler.Serve, { batch: 5, qWait: 0 })
    expect(inference.ModelInfer.requestDeserialize(server.asked[0])).toMatchObject({
      modelName: 'small',
      inputs: [{ shape: [5, 3] }],
    })
    const ready = (version: string) => call(client, inference.ModelReady, { name: 'small', version })
    expect(await Promise.all(['', '7', '8'].map(ready))).toEqual([
      { ready: true },
      { ready: true },
      { ready: false },
    ])
    const metadata = call(client, inference.ModelMetadata, { name: 'small', version: '8' })
    await expect(metadata).rejects.toMatchObject({
      code: status.NOT_FOUND,
      details: 'there is no version "8" of "small" here; there is 7',
    })
  })

  test('that does not describe its model serves clients of the same protocol', async () => {
    const unimplemented = (_: Buffer, answer: Answer) => answer({ code: status.UNIMPLEMENTED, details: '' })
    const silent = { '/inference.GRPCInferenceService/ModelMetadata': unimplemented }
    const { client } = await inFrontOf(await inferenceServer([-1], silent))
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1] }]
    expect(await codeOf(call(client, inference.ModelInfer, { modelName: 'small', inputs }))).toBe(status.OK)
    await expect(call(client, scheduler.Serve, { batch: 1, qWait: 0 })).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(/does not say what inputs the model "small" takes/),
    })
  })

  test('that replaces another one at the same address is called in its own protocol', async () => {
    const first = await emulate([1, 0])
    const { address } = first.servers[0]
    const { router, client } = await route({ fleet: [{ address, type: 'fast' }], translate: true })
    await until(() => router.servers()[0].state === 'up')
    await first.close()
    await until(() => router.servers()[0].state !== 'up')
    const second = await inferenceServer([-1, 1], {}, Number(address.split(':')[1]))
    await until(() => router.servers()[0].state === 'up')
    await call(client, scheduler.Serve, { batch: 1, qWait: 0 })
    expect(second.asked).toHaveLength(1)
  })

  test('sends and receives headers and trailers, with responses and with errors', async () => {
    const metadataOf = (text: string) => {
      const metadata = new Metadata()
      metadata.set('x-text', text)
      metadata.set('x-bytes-bin', Buffer.from([0, 255]))
      return metadata
    }
    const server = new Server()
    const same = (bytes: Buffer) => bytes
    const serve = (asked: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
      const { batch } = scheduler.Serve.requestDeserialize(asked.request)
      if (batch === 0) return answer({ code: status.INVALID_ARGUMENT, details: '' })
      asked.sendMetadata(metadataOf(`heard ${asked.metadata.get('x-text')}`))
      if (batch === 2) return answer({ code: status.ABORTED, details: 'no', metadata: metadataOf('sorry') })
      answer(null, scheduler.Serve.responseSerialize({ exeTime: 1, idx: 0, qWait: 0 }), metadataOf('bye'))
    }
    server.register('/grpc.Scheduler/Serve', serve as never, same, same, 'unary')
    const listening = await listenGrpcJs(server)
    onTestFinished(() => listening.close(0))
    const { client } = await inFrontOf(listening)
    for (const batch of [1, 2]) {
      const heard: Metadata[] = []
      await new Promise<void>((resolve) => {
        const asked = ask(
          client,
          scheduler.Serve,
          { batch, qWait: 0 },
          { metadata: metadataOf('hello') },
          () => undefined,
        )
        asked.on('metadata', (headers) => heard.push(headers))
        asked.on('status', ({ metadata }) => {
          heard.push(metadata)
          resolve()
        })
      })
      expect(heard.map((metadata) => metadata.get('x-text'))).toEqual([
        ['heard hello'],
        [batch === 1 ? 'bye' : 'sorry'],
      ])
      expect(heard[1].get('x-bytes-bin')).toEqual([Buffer.from([0, 255])])
    }
  })

  test('whose metadata is larger than 256 KiB does not pass its checks', async () => {
    const path = '/inference.GRPCInferenceService/ModelMetadata'
    // decoded, inputs without a name take a hundred times as many bytes
    const empty = Buffer.alloc(2 ** 18 + 2)
    for (let i = 0; i < empty.length; i += 2) empty[i] = (4 << 3) | 2
    const { address } = await inferenceServer([-1], { [path]: (_, answer) => answer(null, empty) })
    const options = { model: 'small', maxMessageBytes: 2 ** 24, protocols: grpcProtocols(), translate: false }
    const backend = openServerBackend({ address }, options)
    onTestFinished(() => backend.close())
    expect(await backend.check(5_000)).toMatch(/RESOURCE_EXHAUSTED the response has 262146 bytes/)
    expect(backend.metadata()).toBeUndefined()
  })

  test('whose response is above the limit of the router: one other server is asked', async () => {
    let asked = 0
    const large = (_: Buffer, answer: Answer) => {
      asked++
      answer(null, Buffer.alloc(2 ** 20))
    }
    const talkative = { '/inference.GRPCInferenceService/ModelInfer': large }
    const servers = await Promise.all([0, 1].map(() => inferenceServer([-1], talkative)))
    const fleet = servers.map(({ address }) => ({ address, type: 'fast' }))
    const lines: string[] = []
    const warn = (_fields: object, message: string) => void lines.push(message)
    const log = { debug: () => undefined, info: () => undefined, warn }
    const { router, client } = await route({ fleet, maxMessageBytes: 2 ** 19, log })
    await until(() => router.servers().every(({ state }) => state === 'up'))
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1] }]
    await expect(call(client, inference.ModelInfer, { modelName: 'small', inputs })).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringMatching(/the limit is 524288; .* larger --max-message-mb$/),
    })
    expect(asked).toBe(2)
    expect(lines).toEqual([
      expect.stringMatching(/tried again: a limit is exceeded: the response has .* larger --max-message-mb$/),
    ])
  })
})
