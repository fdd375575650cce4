import { connect as connectHttp2 } from 'node:http2'
import { status } from '@grpc/grpc-js'
import protobuf from 'protobufjs/minimal.js'
import { describe, expect, test } from 'vitest'
import { health } from '../../../../src/serve/protocols/health.ts'
import { inference, PASSED_QUESTIONS, REPOSITORY_INDEX } from '../../../../src/serve/protocols/inference.ts'
import { call, type connect } from '../../grpc-js-client.ts'
import { rawMethod } from '../../raw-method.ts'
import { codeOf, route, serverOf, until } from '../live.ts'

const SERVICE = '/inference.GRPCInferenceService/'
const { ServerLive, ModelInfer } = inference
const live = {
  [ServerLive.path]: (_: Buffer, answer: (error: null, bytes: Buffer) => void) =>
    answer(null, Buffer.alloc(0)),
}

const same = (bytes: Buffer) => bytes

const requestOf = (id: string, batch: number) =>
  ModelInfer.requestSerialize({
    modelName: 'small',
    id,
    inputs: [{ name: 'x', datatype: 'FP32', shape: [batch] }],
  })

async function inFrontOf(fleet: { address: string; model?: string }[], options = {}) {
  const it = await route({ fleet: fleet.map((server) => ({ ...server, type: 'fast' })), ...options })
  await until(() => it.router.servers().every(({ state }) => state === 'up'))
  return it
}

/** Sends requests in one stream; returns what comes back as [error message, id of the response]. */
async function streamed(client: ReturnType<typeof connect>, requests: readonly Buffer[]) {
  const stream = client.makeBidiStreamRequest(`${SERVICE}ModelStreamInfer`, same, same)
  const heard: [string, string][] = []
  stream.on('data', (bytes: Buffer) => {
    const reader = protobuf.Reader.create(bytes)
    let error = ''
    let id = ''
    while (reader.pos < reader.len) {
      if (reader.uint32() >>> 3 === 1) error = reader.string()
      else id = ModelInfer.responseDeserialize(Buffer.from(reader.bytes())).id ?? ''
    }
    heard.push([error, id])
  })
  for (const request of requests) stream.write(request)
  stream.end()
  const code = await new Promise((resolve) => {
    stream.on('error', () => undefined)
    stream.on('status', (ended) => resolve(ended.code))
  })
  return { heard, code }
}

describe('ModelStreamInfer', () => {
  test('every message is served by any server, and responses come in order', async () => {
    const served = [0, 0]
    const serverThat = (index: number, delayMs: number) =>
      serverOf({
        ...live,
        [ModelInfer.path]: (request, answer) => {
          const { id = '' } = ModelInfer.requestDeserialize(request)
          served[index]++
          setTimeout(
            () => answer(null, ModelInfer.responseSerialize({ modelName: 'small', id, outputs: [] })),
            delayMs,
          )
        },
      })
    const addresses = await Promise.all([serverThat(0, 25), serverThat(1, 1)])
    const { client } = await inFrontOf(addresses.map((address) => ({ address })))
    const ids = Array.from({ length: 80 }, (_, i) => String(i))
    const { heard, code } = await streamed(
      client,
      ids.map((id) => requestOf(id, 1)),
    )
    expect(code).toBe(status.OK)
    expect(heard).toEqual(ids.map((id) => ['', id]))
    expect(Math.min(...served)).toBeGreaterThan(0)
  })

  test('messages that come all at once are opened 32 at a time', async () => {
    let [now, most] = [0, 0]
    const server = () =>
      serverOf({
        ...live,
        [ModelInfer.path]: (request, answer) => {
          const { id = '' } = ModelInfer.requestDeserialize(request)
          most = Math.max(most, ++now)
          setTimeout(() => {
            now--
            answer(null, ModelInfer.responseSerialize({ modelName: 'small', id, outputs: [] }))
          }, 50)
        },
      })
    const addresses = await Promise.all(Array.from({ length: 40 }, server))
    const { router } = await inFrontOf(addresses.map((address) => ({ address })))
    const session = connectHttp2(`http://${router.address}`)
    const stream = session.request({
      ...{ ':method': 'POST', ':path': `${SERVICE}ModelStreamInfer` },
      ...{ 'content-type': 'application/grpc', te: 'trailers' },
    })
    const frames = Array.from({ length: 300 }, (_, i) => {
      const message = requestOf(String(i), 1)
      const head = Buffer.alloc(5)
      head.writeUInt32BE(message.length, 1)
      return Buffer.concat([head, message])
    })
    stream.end(Buffer.concat(frames))
    let bytes = 0
    for await (const chunk of stream) bytes += chunk.length
    session.close()
    // 40 servers could serve 40 of them
    expect(most).toBeLessThanOrEqual(32)
    expect(bytes).toBeGreaterThan(300 * 5)
  })

  test('a message that is refused gets an error with its id, and the stream goes on', async () => {
    const address = await serverOf({
      ...live,
      [ModelInfer.path]: (_, answer) =>
        answer(null, ModelInfer.responseSerialize({ modelName: 'small', id: 'ok', outputs: [] })),
    })
    const { client } = await inFrontOf([{ address }])
    const { heard, code } = await streamed(client, [
      requestOf('large', 101),
      Buffer.from('<html>'),
      requestOf('ok', 1),
    ])
    expect(code).toBe(status.OK)
    expect(heard).toEqual([
      [expect.stringContaining('a batch of 101 has no bin'), 'large'],
      ['the request is not a message of this protocol', ''],
      ['', 'ok'],
    ])
  })

  test('a client that ends after the last answer gets the status, and nothing is held of its requests before', async () => {
    const address = await serverOf({ ...live, [ModelInfer.path]: (request, answer) => answer(null, request) })
    const { client, router } = await inFrontOf([{ address }])
    const stream = client.makeBidiStreamRequest(`${SERVICE}ModelStreamInfer`, same, same)
    const ended = new Promise((resolve) => stream.on('status', ({ code }) => resolve(code)))
    const answered = new Promise((resolve) => stream.on('data', resolve))
    stream.write(requestOf('', 1))
    await answered
    await expect.poll(router.metrics).toContain('\nkairos_buffered_bytes 0\n')
    stream.end()
    expect(await ended).toBe(status.OK)
  })

  test('a client that cancels gives up its open requests, which wait no longer', async () => {
    const address = await serverOf({ ...live, [ModelInfer.path]: () => undefined })
    const { client, router } = await inFrontOf([{ address }])
    const stream = client.makeBidiStreamRequest(`${SERVICE}ModelStreamInfer`, same, same)
    stream.on('error', () => undefined)
    for (const id of ['runs', 'waits']) stream.write(requestOf(id, 1))
    await expect.poll(router.metrics).toContain('kairos_queue_depth{model="small"} 1\n')
    stream.cancel()
    await expect.poll(router.metrics).toContain('kairos_abandoned_total{model="small"} 2\n')
    expect(await router.metrics()).toContain('kairos_queue_depth{model="small"} 0\n')
  })
})

test.each(['ModelConfig', 'ModelStatistics'])(
  '%s is answered by a server, which gets its own name',
  async (name) => {
    const asked: Buffer[] = []
    const address = await serverOf({
      ...live,
      [SERVICE + name]: (request, answer) => {
        asked.push(request)
        answer(null, Buffer.from('0a0178', 'hex'))
      },
    })
    const { client } = await inFrontOf([{ address, model: 'resnet' }])
    const question = rawMethod(SERVICE + name)
    expect(await call(client, question, Buffer.from('0a05736d616c6c', 'hex'))).toEqual(
      Buffer.from('0a0178', 'hex'),
    )
    expect(asked[0].toString('latin1')).toContain('resnet')
    await expect(call(client, question, Buffer.from('0a0178', 'hex'))).rejects.toMatchObject({
      code: status.NOT_FOUND,
    })
    const index = call(client, rawMethod(`${SERVICE}RepositoryIndex`), Buffer.alloc(0))
    await expect(index).rejects.toMatchObject({ code: status.UNIMPLEMENTED })
  },
)

test('ModelMetadata is answered by a server, with fields that are its own and the name that clients use', async () => {
  const { ModelMetadata } = inference
  const versions: string[] = []
  const address = await serverOf({
    ...live,
    [ModelMetadata.path]: (request, answer) => {
      const { name, version } = ModelMetadata.requestDeserialize(request)
      versions.push(version)
      const metadata = { name, versions: ['1', '2'], platform: version, inputs: [], outputs: [] }
      answer(null, Buffer.concat([ModelMetadata.responseSerialize(metadata), Buffer.from('3a0161', 'hex')]))
    },
  })
  const { client } = await inFrontOf([{ address, model: 'resnet' }])
  const question = ModelMetadata.requestSerialize({ name: 'small', version: '1' })
  const answer = await call(client, rawMethod(ModelMetadata.path), question)
  expect(answer.toString('latin1')).toContain('\x3a\x01a')
  expect(ModelMetadata.responseDeserialize(answer)).toMatchObject({ name: 'small', platform: '1' })
  expect(versions).toEqual(['', '1'])
})

test.each([
  ['which names no model', '1001'],
  ['which names a repository', '0a022f6d1001'],
])('RepositoryIndex, %s, is answered by a server that has it', async (_what, question) => {
  const asked: Buffer[] = []
  const address = await serverOf({
    ...live,
    [`${SERVICE}RepositoryIndex`]: (request, answer) => {
      asked.push(request)
      answer(null, Buffer.from('index'))
    },
  })
  const { client } = await inFrontOf([{ address, model: 'resnet' }])
  const onlyReady = Buffer.from(question, 'hex')
  expect(await call(client, rawMethod(`${SERVICE}RepositoryIndex`), onlyReady)).toEqual(Buffer.from('index'))
  expect(asked).toEqual([onlyReady])
})

test.each([
  'RepositoryModelLoad',
  'RepositoryModelUnload',
  'SystemSharedMemoryStatus',
  'SystemSharedMemoryRegister',
  'CudaSharedMemoryUnregister',
  'TraceSetting',
  'LogSettings',
])('%s, which acts on one server, is refused with the reason, and no server is asked', async (name) => {
  const path = SERVICE + name
  const asked: Buffer[] = []
  const address = await serverOf({ ...live, [path]: (request) => void asked.push(request) })
  const { client } = await inFrontOf([{ address }])
  await expect(call(client, rawMethod(path), Buffer.alloc(0))).rejects.toMatchObject({
    code: status.UNIMPLEMENTED,
    details: `the router does not pass on ${path}: it acts on one server; send it to the servers themselves`,
  })
  expect(asked).toEqual([])
})

test('questions that are malformed are refused and counted', async () => {
  const { client, router } = await inFrontOf([{ address: await serverOf(live) }])
  const { ServerReady, ServerMetadata, ModelReady, ModelMetadata } = inference
  const described = [ServerLive, ServerReady, ServerMetadata, ModelReady, ModelMetadata, health.Check]
  const questions = [...described.map(({ path }) => path), ...PASSED_QUESTIONS, REPOSITORY_INDEX]
  for (const path of questions) {
    const code = await codeOf(call(client, rawMethod(path), Buffer.from([0xff])))
    expect([path, status[code]]).toEqual([path, 'INVALID_ARGUMENT'])
  }
  expect(await router.metrics()).toContain(`\nkairos_malformed_requests_total ${questions.length}\n`)
})

test('a method of the user is routed by its batch, with bytes as they are', async () => {
  const path = '/acme.Ranker/Rank'
  const asked: Buffer[] = []
  const address = await serverOf({
    [path]: (request, answer) => {
      asked.push(request)
      answer(null, Buffer.from('abc'))
    },
  })
  const { client } = await inFrontOf([{ address }], { method: { method: path, batchField: '1.2' } })
  const rank = rawMethod(path)
  const request = Buffer.from('0a02100a 1a03616263'.replaceAll(' ', ''), 'hex')
  expect(await call(client, rank, request)).toEqual(Buffer.from('abc'))
  expect(asked).toEqual([request])
  await expect(call(client, rank, Buffer.from('0a021065', 'hex'))).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringContaining('a batch of 101 has no bin'),
  })
})
