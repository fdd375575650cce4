import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { measureLatency } from '../../../src/serve/driver/measure.ts'
import { openServers } from '../../../src/serve/driver/servers.ts'

const METADATA = {
  name: 'm',
  versions: ['1'],
  platform: 'p',
  inputs: [
    { name: 'x', datatype: 'FP32', shape: [-1, 2] },
    { name: 'b', datatype: 'BOOL', shape: [-1] },
  ],
  outputs: [],
}

interface Got {
  readonly json: { inputs: { name: string; shape: number[]; data?: unknown[] }[] }
  readonly rest: number
}

interface Answers {
  readonly metadata?: object
  readonly inferStatus?: number
  readonly inferAnswer?: object
  /** The paths that are never answered. */
  readonly isSilent?: (url: string) => boolean
}

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url))
const CERTIFICATE = { cert: pem('server.pem'), key: pem('server.key') }

type Create = (listener: RequestListener) => Server

/** A server of HTTP that answers after some time. */
async function serve(extensions: string[], answers: Answers = {}, create: Create = createServer) {
  const { metadata = METADATA, inferStatus = 200, inferAnswer = { outputs: [] } } = answers
  const { isSilent = () => false } = answers
  const got: Got[] = []
  const server = create(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const answer = (value: object, code = 200) => response.writeHead(code).end(JSON.stringify(value))
    if (isSilent(String(request.url))) return
    if (request.url === '/v2/health/live') answer({})
    else if (request.url === '/v2') answer({ name: 's', version: '1', extensions })
    else if (request.url === '/v2/models/m') answer(metadata)
    else if (request.url === '/v2/models/m/infer') {
      const length = Number(request.headers['inference-header-content-length'] ?? body.length)
      got.push({ json: JSON.parse(body.toString('utf8', 0, length)), rest: body.length - length })
      setTimeout(() => answer(inferAnswer, inferStatus), 5)
    } else answer({ error: 'no such path' }, 404)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { got, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const measured = (address: string, model = 'm') =>
  measureLatency({
    servers: [{ type: 't', address }],
    sizes: [1, 3],
    samples: 10,
    warmUp: 0,
    model,
    clientCost: 'skip',
  })

test('a server of HTTP is measured, with binary tensors where it takes them', async () => {
  const { got, address } = await serve(['binary_tensor_data'])
  const { latency } = await measured(address)
  for (const mean of latency.meanMs) expect(mean).toBeGreaterThan(4)
  expect(got).toHaveLength(20)
  const last = got.find(({ json }) => json.inputs[0].shape[0] === 3)!
  expect(last.json.inputs).toMatchObject([
    { name: 'x', shape: [3, 2], parameters: { binary_data_size: 24 } },
    { name: 'b', shape: [3], parameters: { binary_data_size: 3 } },
  ])
  expect(last.rest).toBe(27)
})

test('other servers of HTTP get JSON', async () => {
  const { got, address } = await serve([])
  await measured(address)
  expect(got.find(({ json }) => json.inputs[0].shape[0] === 3)).toMatchObject({
    json: {
      inputs: [
        { name: 'x', shape: [3, 2], data: [0, 0, 0, 0, 0, 0] },
        { name: 'b', shape: [3], data: [false, false, false] },
      ],
    },
    rest: 0,
  })
})

test.each<[string, Create]>([
  ['refuses HTTP/2', (listener) => createTlsServer(CERTIFICATE, listener)],
  [
    'speaks HTTP/2 as well',
    (listener) =>
      createSecureServer({ ...CERTIFICATE, allowHTTP1: true }, (request, response) => {
        if (request.httpVersionMajor === 1) listener(request as never, response as never)
        else response.writeHead(404).end()
      }),
  ],
])('a server of HTTP over TLS that %s is measured', async (_what, create) => {
  const { got, address } = await serve(['binary_tensor_data'], {}, create)
  const { send, close } = await openServers([address], { model: 'm', tls: { ca: pem('ca.pem') } })
  onTestFinished(close)
  expect(await new Promise((resolve) => send[0](2, 0, 5_000, resolve))).toBeNaN()
  expect(got).toHaveLength(1)
})

test('a server of HTTP over TLS whose certificate is not trusted', async () => {
  const { address } = await serve([], {}, (listener) => createTlsServer(CERTIFICATE, listener))
  await expect(openServers([address], { model: 'm', tls: {} })).rejects.toThrow(
    /cannot be reached: UNAVAILABLE .*certificate.*; start it/,
  )
})

test('JSON has texts, no elements and a single one', async () => {
  const inputs = [
    { name: 'text', datatype: 'BYTES', shape: [-1, 2] },
    { name: 'none', datatype: 'INT8', shape: [-1, 0] },
    { name: 'one', datatype: 'FP32', shape: [] },
  ]
  const { got, address } = await serve([], { metadata: { ...METADATA, inputs } })
  await measured(address)
  const last = got.find(({ json }) => json.inputs[0].shape[0] === 3)!
  expect(last.json.inputs).toEqual([
    { name: 'text', datatype: 'BYTES', shape: [3, 2], data: ['', '', '', '', '', ''] },
    { name: 'none', datatype: 'INT8', shape: [3, 0], data: [] },
    { name: 'one', datatype: 'FP32', shape: [], data: [0] },
  ])
})

test('a tensor that is too large for JSON is refused', async () => {
  const inputs = [{ name: 'x', datatype: 'BYTES', shape: [-1, 2 ** 27] }]
  const { got, address } = await serve([], { metadata: { ...METADATA, inputs } })
  await expect(measured(address)).rejects.toThrow(/takes \d+ bytes up to x, and the limit is 268435456; use/)
  expect(got).toEqual([])
})

describe('where a server of HTTP does not answer, an abort ends at once', () => {
  test.each([
    ['/v2/health/live', 1],
    ['/v2/health/live', 2],
    ['/v2/models/m', 1],
    ['/v2/models/m/infer', 1],
  ])('%s, request %i', async (silent, from) => {
    let requests = 0
    let asked: () => void = () => undefined
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    const isSilent = (url: string) => {
      if (url !== silent || ++requests < from) return false
      asked()
      return true
    }
    const { address } = await serve([], { isSilent })
    const ended = new AbortController()
    const reason = new Error('ended by the test')
    const options = { model: 'm', signal: ended.signal }
    const running =
      silent === '/v2/models/m/infer'
        ? measureLatency({ ...options, servers: [{ type: 't', address }], sizes: [1], clientCost: 'skip' })
        : openServers([address], options)
    await Promise.race([isAsked, running])
    ended.abort(reason)
    await expect(running).rejects.toBe(reason)
  })
})

test('where a server cannot be reached, the connections to others are closed', async () => {
  let server: Server | undefined
  const { address } = await serve([], {}, (listener) => {
    server = createServer({ keepAliveTimeout: 600_000 }, listener)
    return server
  })
  await expect(openServers([address, '127.0.0.1:1'], { model: 'm' })).rejects.toThrow(
    /127.0.0.1:1: cannot be/,
  )
  const open = () => new Promise((resolve) => server!.getConnections((_, count) => resolve(count)))
  await expect.poll(open).toBe(0)
})

test('an error is reported with its status', async () => {
  const { address } = await serve([], { inferStatus: 422 })
  await expect(measured(address)).rejects.toThrow(/refuses a batch of [13]: INVALID_ARGUMENT HTTP 422/)
  await expect(measured(address, 'other')).rejects.toThrow(
    /has no model "other": NOT_FOUND HTTP 404: no such path; /,
  )
})

test.each([{}, { error: 'out of memory' }])(
  'an answer without outputs is an error: %j',
  async (inferAnswer) => {
    const { address } = await serve([], { inferAnswer })
    await expect(measured(address)).rejects.toThrow(
      /fails at a batch of [13]: INTERNAL the server sent an invalid response/,
    )
  },
)
