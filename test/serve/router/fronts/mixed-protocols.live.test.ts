import { type AddressInfo, createServer, connect as dial } from 'node:net'
import { status } from '@grpc/grpc-js'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openSender, sendOf } from '../../../../src/serve/driver/sender.ts'
import { inference } from '../../../../src/serve/protocols/inference.ts'
import { call } from '../../grpc-js-client.ts'
import { rawMethod } from '../../raw-method.ts'
import { emulate, serverOf } from '../live.ts'
import { inFrontOf, OUTPUT, requestOf, restServer } from './rest.ts'

/** Hands connections to addresses in turn, and all further ones to the last. */
async function relayTo(addresses: readonly string[]): Promise<string> {
  let next = 0
  const server = createServer((socket) => {
    const { hostname, port } = new URL(`tcp://${addresses[Math.min(next++, addresses.length - 1)]}`)
    const other = dial(Number(port), hostname)
    for (const one of [socket, other]) one.on('error', () => undefined)
    socket.pipe(other).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('a client and servers of different protocols', () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1] }]

  test('gRPC to a server of HTTP is refused with the cure', async () => {
    const { client } = await inFrontOf([await restServer()])
    await expect(call(client, inference.ModelInfer, { modelName: 'small', inputs })).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(
        /its server speaks the Open Inference Protocol over HTTP, not .* over gRPC: use/,
      ),
    })
  })

  test.each(['ModelMetadata', 'ModelConfig', 'ModelStatistics', 'RepositoryIndex'])(
    '%s over gRPC to a server of HTTP is refused for good, with the cure',
    async (question) => {
      const { client } = await inFrontOf([await restServer()])
      const method = rawMethod(`/inference.GRPCInferenceService/${question}`)
      await expect(call(client, method, Buffer.from('0a05736d616c6c', 'hex'))).rejects.toMatchObject({
        code: status.UNIMPLEMENTED,
        details: 'the servers of the model speak HTTP, not gRPC: ask over HTTP',
      })
    },
  )

  test('measurements and single requests take HTTP to servers of HTTP behind a router', async () => {
    const metadata = { name: 'small', versions: ['1'], platform: '', inputs, outputs: [] }
    const { router } = await inFrontOf([
      await restServer({
        '/v2/models/small': [200, JSON.stringify(metadata)],
        '/v2/models/small/infer': [200, OUTPUT],
      }),
    ])
    const sender = await openSender(router.address, { model: 'small', timeoutMs: 10_000 })
    onTestFinished(() => sender.close())
    expect(sender.protocol.transport).toBe('http')
    await sendOf(sender, router.address, { model: 'small', timeoutMs: 10_000 })(1)
  })

  test.each([
    { servers: 1, failure: /HTTP 412: .*; over gRPC: UNAVAILABLE no server of "small" can answer/ },
    // both say the same
    { servers: 0, failure: /HTTP 503: no server of "small" can answer(; start what it needs[^;]*)?$/ },
  ])(
    'a failure over HTTP has what another process said over gRPC: $servers servers',
    async ({ servers, failure }) => {
      const fleet = (await emulate([1, 0])).servers.slice(0, servers)
      const [empty, other] = await Promise.all([inFrontOf([]), inFrontOf(fleet)])
      // the connection of gRPC reaches the process without a server, those of HTTP the other one
      const address = await relayTo([empty.router.address, other.router.address])
      const limits = { model: 'small', timeoutMs: 10_000 }
      const ask = async () => {
        const sender = await openSender(address, limits)
        onTestFinished(() => sender.close())
        await sendOf(sender, address, limits)(1)
      }
      await expect(ask()).rejects.toThrow(failure)
    },
  )

  test('HTTP to a server of gRPC is refused with the cure; questions that gRPC answers are answered', async () => {
    const { servers } = await emulate([1, 0])
    const { send, post } = await inFrontOf([servers[0]])
    const response = await post(requestOf(1))
    expect(response.status).toBe(412)
    expect(await response.text()).toMatch(/its server speaks .* over gRPC, not .* over HTTP: use/)
    expect(await (await send('/v2/models/small')).json()).toMatchObject({ name: 'small', versions: ['1'] })
    expect((await send('/v2/models/small/versions/1/ready')).status).toBe(200)
    expect((await send('/v2/models/small/versions/9')).status).toBe(404)
    expect((await send('/v2/models/small/config')).status).toBe(501)
  })

  test.each([false, true])(
    'a question goes to a server that can answer it (HTTP is listed first: %s)',
    async (isFirst) => {
      const { ServerLive, ModelMetadata } = inference
      const config = rawMethod('/inference.GRPCInferenceService/ModelConfig')
      const metadata = { name: 'small', versions: ['7'], platform: '', inputs, outputs: [] }
      const grpc = await serverOf({
        [ServerLive.path]: (_, answer) => answer(null, ServerLive.responseSerialize({ live: true })),
        [ModelMetadata.path]: (_, answer) => answer(null, ModelMetadata.responseSerialize(metadata)),
        [config.path]: (question, answer) => answer(null, question),
      })
      const rest = await restServer({ '/v2/models/small/config': [200, '{"max_batch_size":8}'] })
      const servers = [rest, { address: grpc }]
      const { client, send } = await inFrontOf(isFirst ? servers : servers.reverse())
      const question = Buffer.from('0a05736d616c6c', 'hex')
      expect(await call(client, config, question)).toEqual(question)
      const described = await call(client, ModelMetadata, { name: 'small', version: '7' })
      expect(described).toMatchObject({ versions: ['7'] })
      expect(await (await send('/v2/models/small/config')).text()).toBe('{"max_batch_size":8}')
    },
  )
})
