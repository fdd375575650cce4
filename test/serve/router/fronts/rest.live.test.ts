import type { IncomingHttpHeaders } from 'node:http'
import { connect as http2 } from 'node:http2'
import { type AddressInfo, createServer as createTcpServer, connect as dial } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { headersFrame, http2Frame, PREFACE, resetFrame } from '../../grpc/http2-frames.ts'
import { type Answer, INFER, inFrontOf, OUTPUT, requestOf, restServer } from './rest.ts'

describe('a client and a server of HTTP', () => {
  test('exchange bodies and headers as they are, with binary tensors too', async () => {
    const json = requestOf(10)
    const body = Buffer.concat([Buffer.from(json), Buffer.from([0, 255, 34, 10])])
    const answer = Buffer.concat([Buffer.from(OUTPUT), Buffer.from([1, 0, 255])])
    const length = { 'inference-header-content-length': String(OUTPUT.length), 'x-trace': 'theirs' }
    const server = await restServer({
      [INFER]: [200, answer, { ...length, 'content-type': 'application/octet-stream' }],
    })
    const { post } = await inFrontOf([server])
    const response = await post(body, {
      'inference-header-content-length': String(json.length),
      'content-type': 'application/octet-stream',
      'x-trace': 'mine',
    })
    expect(response.status).toBe(200)
    expect(Buffer.from(await response.arrayBuffer())).toEqual(answer)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...length,
      'content-type': 'application/octet-stream',
    })
    const [{ headers, body: got }] = server.received
    expect(got).toEqual(body)
    expect(headers).toMatchObject({
      'inference-header-content-length': String(json.length),
      'content-type': 'application/octet-stream',
      'x-trace': 'mine',
    })
  })

  test('a compressed body reaches the server decompressed', async () => {
    const server = await restServer({ [INFER]: [200, OUTPUT] })
    const { post } = await inFrontOf([server])
    for (const encoding of ['gzip', 'GZIP', 'x-gzip']) {
      expect((await post(gzipSync(requestOf(10)), { 'content-encoding': encoding })).status).toBe(200)
    }
    const refused = await post(requestOf(10), { 'content-encoding': 'br' })
    expect([refused.status, refused.headers.get('accept-encoding'), await refused.json()]).toEqual([
      415,
      'gzip, deflate',
      { error: 'the content-encoding "br" is not taken; use gzip, deflate or none' },
    ])
    expect(server.received[0].body.toString()).toBe(requestOf(10))
    expect(server.received[0].headers['content-encoding']).toBeUndefined()
  })

  test('a small body that is very large when decompressed is refused, and the rest of it costs nothing', async () => {
    const { router } = await inFrontOf([await restServer()])
    const member = gzipSync(Buffer.alloc(2 ** 26), { level: 9 })
    const session = http2(`http://${router.address}`)
    session.on('error', () => undefined)
    onTestFinished(() => session.destroy())
    const stream = session.request({ ':method': 'POST', ':path': INFER, 'content-encoding': 'gzip' })
    stream.on('error', () => undefined)
    stream.end(Buffer.concat(Array.from({ length: 24 }, () => member)))
    const code = await new Promise((resolve) => {
      stream.on('response', (headers) => resolve(headers[':status']))
    })
    expect(code).toBe(413)
    const before = process.cpuUsage()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const { user, system } = process.cpuUsage(before)
    // 1.5 GiB take more than a second
    expect((user + system) / 1e6).toBeLessThan(0.5)
  })

  test('headers of one hop, which "connection" names, are not passed on by either side', async () => {
    const named = { connection: 'X-Hop , keep-alive', 'x-hop': 'a', 'x-end': 'b' }
    const server = await restServer({ [INFER]: [200, OUTPUT, named] })
    const { router } = await inFrontOf([server])
    const body = requestOf(1)
    // fetch() does not send such a header
    const socket = dial(Number(router.address.split(':')[1]), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.write(`POST ${INFER} HTTP/1.1\r\nhost: x\r\nconnection: close,X-Hop\r\nx-hop: a\r\nx-end: b\r\n`)
    socket.write(`content-length: ${body.length}\r\n\r\n${body}`)
    const answer = Buffer.concat(await socket.toArray()).toString()
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    const [{ headers }] = server.received
    expect([headers['x-end'], headers['x-hop']]).toEqual(['b', undefined])
    expect(answer).toMatch(/^x-end: b\r$/m)
    expect(answer).not.toMatch(/^x-hop/m)
  })

  test('the version is passed on, and the server gets its own name of the model', async () => {
    const path = '/v2/models/resnet/versions/3/infer'
    const server = await restServer({ [path]: [200, OUTPUT] })
    const { post } = await inFrontOf([{ ...server, model: 'resnet' }])
    expect((await post(requestOf(1), {}, '/v2/models/small/versions/3/infer')).status).toBe(200)
    expect(server.received.map(({ url }) => url)).toEqual([path])
  })

  test.each([204, 205, 304])('an answer with the status %i has no body, over HTTP/2 too', async (code) => {
    const server = await restServer({ [INFER]: [code, code === 205 ? 'a body' : ''] })
    const { router, post } = await inFrontOf([server])
    const response = await post(requestOf(1))
    expect([response.status, await response.text()]).toEqual([code, ''])
    const length = code === 205 ? '0' : null
    expect(response.headers.get('content-length')).toBe(length)
    const session = http2(`http://${router.address}`)
    onTestFinished(() => session.destroy())
    const stream = session.request({ ':method': 'POST', ':path': INFER })
    const answered = new Promise<IncomingHttpHeaders>((resolve, reject) => {
      stream.on('response', resolve).on('error', reject)
    })
    stream.end(requestOf(1))
    const { ':status': status, 'content-length': sent = null } = await answered
    expect([status, sent]).toEqual([code, length])
  })

  test('over HTTP/2 on the same port', async () => {
    const server = await restServer({ [INFER]: [200, OUTPUT] })
    const { router } = await inFrontOf([server])
    const session = http2(`http://${router.address}`)
    onTestFinished(() => session.destroy())
    const stream = session.request({ ':method': 'POST', ':path': INFER, 'content-type': 'application/json' })
    stream.end(requestOf(1))
    const answered = new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])))
    expect(await answered).toBe(200)
    let text = ''
    for await (const chunk of stream.setEncoding('utf8')) text += chunk
    expect(text).toBe(OUTPUT)
  })

  test.each([
    ['at once', 0, 8],
    ['later', 50, 8],
    ['at once without an error', 0, 0],
    ['later without an error', 50, 0],
  ])('a request over HTTP/2 that is reset before its end, %s, reaches no server', async (_when, ms, code) => {
    const server = await restServer({ [INFER]: [200, OUTPUT] })
    const { router, post } = await inFrontOf([server])
    const socket = dial(Number(router.address.split(':')[1]), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const head = { ':method': 'POST', ':scheme': 'http', ':path': INFER, ':authority': 'x' }
    socket.write(Buffer.concat([PREFACE, http2Frame('settings', 0)]))
    for (const [i, body] of [requestOf(1), '{'].entries()) {
      const id = 2 * i + 1
      const begun = Buffer.concat([headersFrame(id, head), http2Frame('data', id, Buffer.from(body))])
      if (ms === 0) socket.write(Buffer.concat([begun, resetFrame(id, code)]))
      else {
        socket.write(begun)
        await new Promise((resolve) => setTimeout(resolve, ms))
        socket.write(resetFrame(id, code))
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.received).toEqual([])
    expect((await post(requestOf(1))).status).toBe(200)
  })

  test.each(['999', '600', '099', '000'])(
    'a server that answers with the status %s is broken: another one answers',
    async (code) => {
      const broken = createTcpServer((socket) => {
        socket.on('error', () => undefined)
        socket.on('data', (bytes) => {
          const isCheck = bytes.toString().startsWith('GET /v2/health') || bytes.includes('/ready')
          socket.end(`HTTP/1.1 ${isCheck ? 200 : code} X\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`)
        })
      })
      await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void broken.close())
      const address = `127.0.0.1:${(broken.address() as AddressInfo).port}`
      const alone = await inFrontOf([{ address }])
      expect((await alone.post(requestOf(1))).status).toBe(502)
      const other = await inFrontOf([{ address }, await restServer({ [INFER]: [200, OUTPUT] })])
      expect((await other.post(requestOf(1))).status).toBe(200)
      const asked = await inFrontOf([{ address }])
      expect((await asked.send('/v2/models/small/config')).status).toBe(502)
    },
  )

  test('an error of the server reaches the client in its own words', async () => {
    const server = await restServer({ [INFER]: [422, '{"detail":"no such input"}', { 'x-own': '1' }] })
    const { post } = await inFrontOf([server])
    const response = await post(requestOf(1))
    expect([response.status, await response.text(), response.headers.get('x-own')]).toEqual([
      422,
      '{"detail":"no such input"}',
      '1',
    ])
  })

  test.each<[string, Answer]>([
    ['is overloaded', [503, '{"error":"full"}']],
    ['fails', [500, '{"error":"out of memory"}']],
    ['answers with HTML', [200, '<html>']],
    ['answers with an empty object', [200, '{}']],
    ['answers with an error and the status 200', [200, '{"error":"out of memory"}']],
  ])('a server that %s: the request is tried on another one', async (_what, answer) => {
    const servers = await Promise.all([
      restServer({ [INFER]: answer }),
      restServer({ [INFER]: [200, OUTPUT] }),
    ])
    const { post } = await inFrontOf(servers)
    const responses = await Promise.all(Array.from({ length: 6 }, () => post(requestOf(1))))
    expect(responses.map((response) => response.status)).toEqual(new Array(6).fill(200))
    expect(servers[0].received.length).toBeGreaterThan(0)
  })

  test('questions about the model are answered by a server', async () => {
    const server = await restServer({
      '/v2/models/resnet': [200, '{"name":"resnet"}'],
      '/v2/models/resnet/config': [200, '{"max_batch_size":8}'],
      '/v2/models/resnet/versions/2/stats': [200, '{"model_stats":[]}'],
      '/v2/models/stats': [200, '{"model_stats":[1]}'],
      '/v2/repository/index': [200, '[]'],
    })
    const { send } = await inFrontOf([{ ...server, model: 'resnet' }])
    const textOf = async (path: string, init?: RequestInit) => (await send(path, init)).text()
    expect(await textOf('/v2/models/small')).toBe('{"name":"resnet"}')
    expect(await textOf('/v2/models/small/config')).toBe('{"max_batch_size":8}')
    expect(await textOf('/v2/models/small/versions/2/stats')).toBe('{"model_stats":[]}')
    expect(await textOf('/v2/models/stats')).toBe('{"model_stats":[1]}')
    expect(await textOf('/v2/repository/index', { method: 'POST', body: '{}' })).toBe('[]')
  })
})

const ONE_SERVER = /^there is no \S+ here: it acts on one server; send it to the servers themselves$/

describe('the router itself over HTTP', () => {
  test.each(['', '/config', '/stats', '/versions/1/stats'])(
    'says of a model without a server that none can answer: %s',
    async (question) => {
      const { send } = await inFrontOf([])
      const response = await send(`/v2/models/small${question}`)
      expect([response.status, await response.json()]).toEqual([
        503,
        { error: 'no server of "small" can answer' },
      ])
    },
  )

  test('says whether it lives and is ready', async () => {
    const server = await restServer()
    const { router, send } = await inFrontOf([server])
    const statusOf = async (path: string) => (await send(path)).status
    expect(await statusOf('/v2/health/live')).toBe(200)
    expect(await statusOf('/v2/health/ready')).toBe(200)
    expect(await statusOf('/v2/models/small/ready')).toBe(200)
    expect(await statusOf('/v2/models/other/ready')).toBe(404)
    router.setFleet([])
    expect(await statusOf('/v2/health/live')).toBe(200)
    expect(await statusOf('/v2/health/ready')).toBe(400)
    expect(await statusOf('/v2/models/small/ready')).toBe(400)
  })

  test('says that no model is ready while it drains, whatever its servers say', async () => {
    const { router, send } = await inFrontOf([await restServer()])
    const closed = router.close(0, 300)
    const asked = ['/v2/health/ready', '/v2/models/small/ready'].map(async (path) => {
      const response = await send(path)
      return [response.status, await response.json()]
    })
    expect(await Promise.all(asked)).toEqual([
      [400, { ready: false }],
      [400, { name: 'small', ready: false }],
    ])
    await closed
  })

  test.each<[string, string, RequestInit, number, RegExp]>([
    ['an unknown path', '/metrics', {}, 404, /there is no \/metrics here: use \/v2/],
    ['a model to load', '/v2/repository/models/small/load', { method: 'POST' }, 404, ONE_SERVER],
    ['shared memory', '/v2/cudasharedmemory/region/a/register', { method: 'POST' }, 404, ONE_SERVER],
    ['settings of traces', '/v2/trace/setting', {}, 404, ONE_SERVER],
    ['settings of traces of a model', '/v2/models/small/trace/setting', {}, 404, ONE_SERVER],
    ['settings of the log', '/v2/logging', {}, 404, ONE_SERVER],
    ['an unknown model', '/v2/models/x/infer', { method: 'POST', body: requestOf(1) }, 404, /model "x"/],
    ['the wrong method', INFER, {}, 405, /use POST/],
    ['a body that is not JSON', INFER, { method: 'POST', body: 'x' }, 400, /not an inference request/],
    [
      'a batch without a bin',
      INFER,
      { method: 'POST', body: requestOf(101) },
      400,
      /a batch of 101 has no bin/,
    ],
    ['a body without a shape', INFER, { method: 'POST', body: '{}' }, 400, /the batch is unknown/],
    [
      'a body above the limit',
      INFER,
      { method: 'POST', body: Buffer.alloc(2 ** 20 + 1) },
      413,
      /more than 1048576 bytes, which is the limit; send smaller batches/,
    ],
  ])('%s gets an error in JSON', async (_what, path, init, code, error) => {
    const { send } = await inFrontOf([await restServer()], { maxMessageBytes: 2 ** 20 })
    const response = await send(path, init)
    expect(response.status).toBe(code)
    expect(((await response.json()) as { error: string }).error).toMatch(error)
  })
})

test('a client that sends all of a request before it reads gets the refusal, over HTTP/1.1', async () => {
  const { router } = await inFrontOf([await restServer()], { maxMessageBytes: 2 ** 20 })
  const socket = dial(Number(router.address.split(':')[1]), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const body = Buffer.alloc(2 ** 24)
  socket.write(`POST ${INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`)
  const failure = await new Promise((resolve) => {
    socket.on('error', resolve)
    socket.write(body, (error) => resolve(error ?? undefined))
  })
  expect(failure).toBeUndefined()
  const chunks = await socket.toArray()
  const text = Buffer.concat(chunks).toString()
  expect(text).toMatch(/^HTTP\/1\.1 413 /)
  expect(text).toMatch(/the body has more than 1048576 bytes, .*--max-message-mb"}$/)
})

test('a body that the memory has no room for is refused with the cure', async () => {
  const limits = { maxMessageBytes: 2 ** 20, maxBufferedBytes: 2 ** 20 }
  const { router, post } = await inFrontOf([await restServer()], limits)
  const socket = dial(Number(router.address.split(':')[1]), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  // claims all of the memory once it has come
  socket.write(`POST ${INFER} HTTP/1.1\r\nhost: x\r\ncontent-length: ${2 ** 20}\r\n\r\nx`)
  const refused = async () => (await post(requestOf(1))).text()
  await expect.poll(refused).toMatch(/holds too many bytes of requests; .* larger --max-buffered-mb"}$/)
})

test.each([
  ['GET', INFER, 'POST'],
  ['OPTIONS', INFER, 'POST'],
  ['POST', '/v2/models/small', 'GET, HEAD'],
])('%s of %s is refused with the methods that are allowed', async (method, path, allowed) => {
  const { send } = await inFrontOf([await restServer()])
  const { status, headers } = await send(path, { method })
  expect([status, headers.get('allow')]).toEqual([405, allowed])
})

test('a connection stays open after an answer, also to a request without a body', async () => {
  const { send } = await inFrontOf([await restServer()])
  const { headers } = await send('/v2/health/live')
  expect(headers.get('connection')).toBe('keep-alive')
  expect(headers.get('keep-alive')).toBe('timeout=300')
})
