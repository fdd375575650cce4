import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import type { HttpResult } from '../../../../src/serve/http/client.ts'
import { openRestServer } from '../../../../src/serve/router/backends/rest-server.ts'
import { addressOf } from '../../grpc/channels.ts'

test('a server that does not answer gets 64 questions at a time, others are refused at once', async () => {
  let connections = 0
  let closed = 0
  const silent = createServer(() => undefined)
  silent.on('connection', (socket) => {
    connections++
    socket.on('close', () => closed++)
  })
  const server = openRestServer(await addressOf(silent), { maxMessageBytes: 1_000 })
  onTestFinished(() => {
    server.close()
    silent.closeAllConnections()
  })
  const refused: HttpResult[] = []
  const question = { method: 'GET', path: '/v2/models/m/config', timeoutMs: 60_000 } as const
  const asked = Array.from({ length: 200 }, () => server.ask(question, (result) => refused.push(result)))
  await expect.poll(() => refused.length).toBe(136)
  await expect.poll(() => connections).toBe(64)
  expect(refused[0]).toMatchObject({ kind: 'error', details: expect.stringContaining('64 questions') })
  // questions that are cancelled make room
  for (const { cancel } of asked) cancel()
  await expect.poll(() => closed).toBe(64)
  server.ask(question, (result) => refused.push(result))
  await expect.poll(() => connections).toBe(65)
  expect(refused).toHaveLength(136)
})

test('questions that are answered make room for others, once also where they are cancelled after that', async () => {
  let left = 65
  const answering = createServer((_question, response) => {
    if (left-- > 0) response.end('{}')
  })
  const server = openRestServer(await addressOf(answering), { maxMessageBytes: 1_000 })
  onTestFinished(() => {
    server.close()
    answering.closeAllConnections()
  })
  const question = { method: 'GET', path: '/v2/models/m/config', timeoutMs: 60_000 } as const
  for (let i = 0; i < 65; i++) {
    let asked: { cancel(): void } | undefined
    const result = await new Promise((resolve) => {
      asked = server.ask(question, resolve)
    })
    expect(result).toMatchObject({ kind: 'response', status: 200 })
    asked?.cancel()
  }
  const refused: HttpResult[] = []
  for (let i = 0; i < 65; i++) server.ask(question, (result) => refused.push(result))
  await expect.poll(() => refused).toHaveLength(1)
})

test('an answer to a check that is larger than 256 KiB is not read', async () => {
  const talkative = createServer((_, response) => response.end(Buffer.alloc(2 ** 18 + 1)))
  const server = openRestServer(await addressOf(talkative), { maxMessageBytes: 2 ** 24 })
  onTestFinished(server.close)
  expect(await server.check('small', 5_000)).toMatch(/more than 262144 bytes/)
})

test.each<[string, number, string]>([
  ['small error is told', 100, 'x'.repeat(100)],
  ['large one is not parsed', 65_536, 'the server answered with the HTTP status 500'],
])('a %s', async (_what, bytes, details) => {
  const failing = createServer((request, response) => {
    request.resume()
    response.writeHead(500).end(JSON.stringify({ error: 'x'.repeat(bytes) }))
  })
  const server = openRestServer(await addressOf(failing), { maxMessageBytes: 2 ** 24 })
  onTestFinished(server.close)
  const payload = { protocol: 'rest', request: Buffer.alloc(1), batch: 1 } as const
  const reply = await new Promise((resolve) => {
    server.infer(payload, 'small', 5_000, resolve)
  })
  expect(reply).toMatchObject({ kind: 'failure', details })
})
