/** Requests that are joined for servers with real tensors, which add one to each element. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { status } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import {
  type InferRequest,
  type InferResponse,
  inference,
} from '../../../../src/serve/protocols/inference.ts'
import type { RouterLog } from '../../../../src/serve/router/events.ts'
import type { Router } from '../../../../src/serve/router/router.ts'
import { ask, call, connect } from '../../grpc-js-client.ts'
import { type Answer, route, serverOf, until, workload } from '../live.ts'

const { ModelInfer } = inference
const batched = { ...workload, qosMs: 5_000, batching: { maxBatch: 100 } }

type Serve = (request: InferRequest) => InferResponse | Buffer | { code: status; details: string }

/** Adds one to each number, and refuses numbers that are not finite. */
const plusOne: Serve = ({ modelName, id = '', inputs, rawInputContents = [] }) => {
  const columns = rawInputContents.map((bytes) => new Float32Array(Uint8Array.from(bytes).buffer))
  if (columns.some((column) => column.includes(Number.NaN))) {
    return { code: status.INVALID_ARGUMENT, details: 'not a number' }
  }
  return {
    ...{ modelName, id, modelVersion: '1' },
    outputs: inputs.map(({ name, datatype, shape }) => ({ name: `${name}+1`, datatype, shape })),
    rawOutputContents: columns.map((column) => Buffer.from(column.map((value) => value + 1).buffer)),
  }
}

/** A server that answers a call once it may; returns the sizes of the calls that it got. */
async function holdingServer(serve: Serve) {
  const sizes: number[] = []
  let mayAnswer: Promise<void> | undefined
  /** Holds back all answers from now on. @returns lets them go */
  const hold = () => {
    let release: () => void = () => undefined
    mayAnswer = new Promise((resolve) => {
      release = resolve
    })
    return release
  }
  const path = '/inference.GRPCInferenceService/'
  const address = await serverOf({
    [`${path}ServerLive`]: (_request, answer) =>
      answer(null, inference.ServerLive.responseSerialize({ live: true })),
    [`${path}ModelInfer`](bytes, answer: Answer) {
      const request = ModelInfer.requestDeserialize(bytes) as InferRequest
      sizes.push(request.inputs[0].shape[0])
      void Promise.resolve(mayAnswer).then(() => {
        const served = serve(request)
        if (Buffer.isBuffer(served)) answer(null, served)
        else if ('code' in served) answer(served)
        else answer(null, ModelInfer.responseSerialize(served))
      })
    },
  })
  return { address, sizes, hold }
}

const request = (id: string, rows: number[], width = 2, more: Partial<InferRequest> = {}): InferRequest => ({
  ...{ modelName: 'small', id, inputs: [{ name: 'x', datatype: 'FP32', shape: [rows.length, width] }] },
  rawInputContents: [
    Buffer.from(Float32Array.from(rows.flatMap((row) => new Array(width).fill(row))).buffer),
  ],
  ...more,
})

/** Resolves once so many requests wait in a router. */
async function waiting(router: Router, requests: number): Promise<void> {
  const now = async () => Number(/kairos_queue_depth\S* (\d+)/.exec(await router.metrics())?.[1])
  while ((await now()) !== requests) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** A router that joins requests for one server. A first request occupies it, so that those behind it wait together. */
async function merging(serve: Serve, options: object = {}) {
  const { address, sizes, hold } = await holdingServer(serve)
  const warned: object[] = []
  const said: string[] = []
  const log: RouterLog = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => {
      warned.push(fields)
      said.push(message)
    },
  }
  const { router, client } = await route({
    ...{ fleet: [{ address, type: 'fast' }], workload: batched, policy: 'triton', sendBatches: 'merge' },
    ...{ log, ...options },
  })
  await until(() => router.servers()[0].state === 'up')
  const direct = connect(address)
  onTestFinished(() => direct.close())
  const first = () => call(client, ModelInfer, request('first', [0]))
  const together = async (requests: InferRequest[]) => {
    const release = hold()
    const running = first()
    await until(() => router.servers()[0].inFlight === 1)
    const asked = requests.map((one) => call(client, ModelInfer, one))
    await waiting(router, requests.length)
    release()
    const settled = await Promise.allSettled(asked)
    await running
    return settled
  }
  return { router, client, direct, sizes, warned, said, together, first, address, hold }
}

const answers = (settled: PromiseSettledResult<unknown>[]) =>
  settled.map((one) => (one.status === 'fulfilled' ? one.value : { code: one.reason.code }))

test('requests that wait together reach the server as one, and the answers are those of direct calls', async () => {
  const { direct, sizes, together, router } = await merging(plusOne)
  const requests = [request('a', [1, 2]), request('b', [3]), request('c', [-4, 5, 6]), request('d', [7.25])]
  const settled = await together(requests)
  expect(sizes).toEqual([1, 7])
  const alone = await Promise.all(requests.map((one) => call(direct, ModelInfer, one)))
  expect(answers(settled)).toEqual(alone)
  const metrics = await router.metrics()
  expect(metrics).toContain('kairos_merged_requests_total{model="small"} 4\n')
  expect(metrics).toContain('kairos_batch_requests_bucket{le="2",model="small"} 1\n')
  expect(metrics).toContain('kairos_batch_requests_sum{model="small"} 5\n')
})

test('requests that differ are sent beside each other', async () => {
  const { sizes, together } = await merging(plusOne)
  const settled = await together([
    request('a', [1, 2]),
    request('wide', [3], 3),
    request('b', [4]),
    request('other', [5], 2, { parameters: { scale: { doubleParam: 2 } } }),
  ])
  expect(answers(settled).map((answer) => (answer as InferResponse).id)).toEqual(['a', 'wide', 'b', 'other'])
  expect(sizes.sort()).toEqual([1, 1, 1, 3])
})

test('a bad request fails alone, after a try in halves', async () => {
  const { sizes, together, first, warned } = await merging(plusOne)
  const requests = [1, 2, Number.NaN, 4].map((value, i) => request(String(i), [value]))
  const settled = await together(requests)
  expect(answers(settled).map((answer) => (answer as InferResponse).id)).toEqual(['0', '1', undefined, '3'])
  expect(settled[2]).toMatchObject({ reason: { code: status.INVALID_ARGUMENT, details: 'not a number' } })
  // all four, two halves, and the half with the bad one in parts
  expect(sizes).toEqual([1, 4, 2, 2, 1, 1])
  // the server is not at fault, and joins on
  await first()
  await together([request('x', [1]), request('y', [2])])
  expect(sizes.slice(-2)).toEqual([1, 2])
  expect(warned).toEqual([])
})

test('a request that is cancelled leaves the others unharmed, before and after it is sent', async () => {
  const { client, sizes, router, first, hold } = await merging(plusOne)
  const releaseFirst = hold()
  const running = first()
  await until(() => router.servers()[0].inFlight === 1)
  const ends = new Map<string, string>()
  const asked = ['a', 'b', 'c', 'd'].map((id, i) =>
    ask(client, ModelInfer, request(id, [i]), {}, (error, response) => {
      ends.set(id, error ? status[error.code] : (response as InferResponse).id!)
    }),
  )
  await waiting(router, 4)
  asked[1].cancel()
  await waiting(router, 3)
  const release = hold()
  releaseFirst()
  await running
  await until(() => router.servers()[0].inFlight === 3)
  asked[2].cancel()
  await until(() => ends.has('c'))
  release()
  await until(() => ends.has('a') && ends.has('d'))
  expect([ends.get('a'), ends.get('d')]).toEqual(['a', 'd'])
  expect(sizes).toEqual([1, 3])
})

/** Servers whose answers to joined requests cannot be divided, and what they answer to single ones. */
test.each<[string, (answer: InferResponse, items: number) => Partial<InferResponse>]>([
  [
    'of another first dimension',
    ({ outputs: [output] }, items) => ({ outputs: [{ ...output, shape: [1, 2 * items] }] }),
  ],
  ['without an output', () => ({ outputs: [], rawOutputContents: [] })],
  [
    'that is too short',
    ({ rawOutputContents: [bytes] = [] }) => ({ rawOutputContents: [bytes.subarray(4)] }),
  ],
])('an answer %s is not used: the requests are sent one by one, and joined no more', async (_what, spoil) => {
  const { sizes, together, warned, said, address } = await merging((asked) => {
    const answer = plusOne(asked) as InferResponse
    const items = asked.inputs[0].shape[0]
    return items === 1 ? answer : { ...answer, ...spoil(answer, items) }
  })
  const requests = [1, 2, 3].map((value) => request(String(value), [value]))
  expect(answers(await together(requests)).map((answer) => (answer as InferResponse).id)).toEqual([
    '1',
    '2',
    '3',
  ])
  expect(sizes).toEqual([1, 3, 1, 1, 1])
  await together(requests)
  expect(sizes.slice(5)).toEqual([1, 1, 1, 1])
  expect(warned).toEqual([{ model: 'small', address, most: 0 }])
  expect(said).toEqual([
    'answers of a server to joined requests cannot be divided (the first dimension of each output must be the sum of theirs, and its contents must fit): some requests to it are not joined; if none are joined, give it "batching": "parallel"',
  ])
})

test('a server that takes fewer items in one request gets as many as it takes', async () => {
  const most = 2
  const { sizes, together, warned, said, address } = await merging((asked) =>
    asked.inputs[0].shape[0] > most
      ? { code: status.INVALID_ARGUMENT, details: 'batch too large' }
      : plusOne(asked),
  )
  const requests = [1, 2, 3, 4].map((value) => request(String(value), [value]))
  for (let i = 0; i < 2; i++) {
    expect(answers(await together(requests)).map((answer) => (answer as InferResponse).id)).toEqual([
      '1',
      '2',
      '3',
      '4',
    ])
  }
  expect(sizes).toEqual([1, 4, 2, 2, 1, 2, 2])
  expect(warned).toEqual([{ model: 'small', address, most: 2, code: 'INVALID_ARGUMENT' }])
  // the bins are 1, 10 and 100
  expect(said).toEqual([
    'a server refuses joined requests: some requests to it are joined only up to 2 items; a maxBatch of 1 fits it',
  ])
})

test('a server that answers with garbage has failed once, and its requests are tried alone', async () => {
  const { sizes, together, router } = await merging((asked) =>
    asked.inputs[0].shape[0] > 1 ? Buffer.from('<html>') : plusOne(asked),
  )
  const requests = [1, 2, 3, 4].map((value) => request(String(value), [value]))
  const settled = await together(requests)
  expect(answers(settled).map((answer) => (answer as InferResponse).id)).toEqual(['1', '2', '3', '4'])
  expect(sizes).toEqual([1, 4, 1, 1, 1, 1])
  expect(router.servers()[0].state).toBe('up')
})

test('requests over HTTP are joined for a server of HTTP', async () => {
  const sizes: number[] = []
  let release: () => void = () => undefined
  const mayAnswer = new Promise<void>((resolve) => {
    release = resolve
  })
  const server = createServer(async (asked, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of asked) chunks.push(chunk as Buffer)
    if (!asked.url?.endsWith('/infer')) {
      response.end('{}')
      return
    }
    const { id, inputs } = JSON.parse(Buffer.concat(chunks).toString())
    const [{ shape, data }] = inputs
    sizes.push(shape[0])
    const outputs = [{ name: 'y', datatype: 'FP32', shape, data: data.map((value: number) => value + 1) }]
    await mayAnswer
    response.end(JSON.stringify({ model_name: 'small', id, outputs }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const { router } = await route({
    ...{ fleet: [{ address, type: 'fast', batching: 'merge' }], workload: batched, policy: 'triton' },
  })
  await until(() => router.servers()[0].state === 'up')
  const post = async (id: string, data: number[]) => {
    const body = JSON.stringify({ id, inputs: [{ name: 'x', shape: [data.length], datatype: 'FP32', data }] })
    const response = await fetch(`http://${router.address}/v2/models/small/infer`, { method: 'POST', body })
    return response.json() as Promise<{ id: string; outputs: { shape: number[]; data: number[] }[] }>
  }
  const running = post('first', [0])
  await until(() => router.servers()[0].inFlight === 1)
  const asked = [post('a', [1, 2]), post('b', [3.5])]
  await waiting(router, 2)
  release()
  const [a, b] = await Promise.all(asked)
  await running
  expect([a, b].map(({ id, outputs: [{ shape, data }] }) => [id, shape, data])).toEqual([
    ['a', [2], [2, 3]],
    ['b', [1], [4.5]],
  ])
  expect(sizes).toEqual([1, 3])
})

test.each([
  ['without batching', { workload }, /sendBatches: is merge, and no workload has batching; set batching/],
  [
    'for a method of one’s own',
    { workload: batched, method: { method: '/a.B/C', batchField: '1' } },
    /requests of \/a\.B\/C cannot be joined; only requests of the Open Inference Protocol are joined/,
  ],
])('merging is refused %s', async (_what, options, message) => {
  await expect(route({ fleet: [], sendBatches: 'merge', ...options })).rejects.toThrow(message)
})
