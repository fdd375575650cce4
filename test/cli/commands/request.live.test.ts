import { once } from 'node:events'
import { constants, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { stockServer } from '../../serve/driver/stock-servers.ts'
import { emulate } from '../../serve/router/live.ts'
import { kairos, temporaryFolder } from '../kairos.ts'

async function server(): Promise<string> {
  const { servers } = await emulate([1, 0])
  return servers[0].address
}

test('one request by hand, in both protocols', async () => {
  const address = await server()
  const folder = temporaryFolder()
  const plain = await kairos(['request', address, '--batch-size', '100'], folder)
  expect(plain).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(/^a batch of 100 took [\d.]+ ms, of which the server reports [\d.]+ ms\n$/),
  })
  const args = ['request', address, '--model-name', 'small', '--format', 'json']
  const { status, stdout } = await kairos(args, folder)
  expect(status).toBe(0)
  const { latencyMs, ...rest } = JSON.parse(stdout)
  expect(rest).toEqual({ address, batchSize: 1 })
  // 0.5 to 1.5 ms by the table
  expect(latencyMs).toBeGreaterThan(0.4)
})

test.each([
  [
    'a batch beyond the table',
    ['--batch-size', '101'],
    /: refuses the request: INVALID_ARGUMENT .*a batch size of 101 has no bin; .*; change the request as the message of the server says\n$/,
  ],
  ['an unknown model', ['--model-name', 'x'], /has no model "x".*name one that it serves/],
])('%s is an error', async (_what, flags, message) => {
  const { status, stderr } = await kairos(['request', await server(), ...flags], temporaryFolder())
  expect(status).toBe(1)
  expect(stderr).toMatch(message)
})

test('a server without TLS is told', async () => {
  const ca = fileURLToPath(new URL('../../fixtures/tls/ca.pem', import.meta.url))
  const { status, stderr } = await kairos(['request', await server(), '--tls-ca', ca], temporaryFolder())
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /: cannot be reached: UNAVAILABLE no connection: the port does not speak TLS; connect without TLS, or name its port for TLS\n$/,
  )
})

test('a server of the other protocol is told from one that cannot be reached', async () => {
  const { address } = await stockServer({ inputs: [], serve: (_items, done) => done() })
  const { status, stderr } = await kairos(['request', address], temporaryFolder())
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /does not speak the protocol of the published scripts: UNIMPLEMENTED .*; name its model/,
  )
})

test('a server that takes too long is told from one that cannot be reached', async () => {
  const { address } = await stockServer({ inputs: [], serve: () => undefined })
  const args = ['request', address, '--model-name', 'm', '--input', 'x:FP32:-1', '--timeout-ms', '1000']
  const { status, stderr } = await kairos(args, temporaryFolder())
  expect(status).toBe(1)
  expect(stderr).toMatch(
    /does not answer the request in time: DEADLINE_EXCEEDED .*; check .* that it has enough time\n$/,
  )
})

test('a server that fails, and one that ends the request, are told from one that cannot be reached', async () => {
  const server = createServer()
  server.on('stream', (stream, { ':path': path }) => {
    stream.on('error', () => undefined)
    if (path !== '/grpc.Scheduler/Serve') return
    if (server.listenerCount('ends') > 0) stream.close(constants.NGHTTP2_CANCEL)
    else {
      const failure = { 'grpc-status': '13', 'grpc-message': 'no memory' }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...failure }, { endStream: true })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const failed = await kairos(['request', address], temporaryFolder())
  expect(failed.stderr).toBe(
    `kairos-wasm: ${address}: fails at the request: INTERNAL no memory; look into its log\n`,
  )
  server.on('ends', () => undefined)
  const ended = await kairos(['request', address], temporaryFolder())
  expect(ended.stderr).toMatch(/: fails at the request: CANCELLED .*; look into its log\n$/)
  expect([failed.status, ended.status]).toEqual([1, 1])
})
