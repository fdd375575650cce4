import { Server } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import { inference } from '../../../src/serve/protocols/inference.ts'
import { call } from '../grpc-js-client.ts'
import { listenGrpcJs } from '../grpc-js-server.ts'
import { route, until } from './live.ts'

const { ServerLive, ModelInfer } = inference

/** A server that answers requests when it is told to, with its name. */
async function heldServer(name: string) {
  const open: (() => void)[] = []
  let begun = 0
  const server = new Server()
  const serve = ({ path }: { path: string }, handle: (call: never, answer: never) => void) => {
    const same = (bytes: Buffer) => bytes
    server.register(path, handle as never, same, same, 'unary')
  }
  serve(ServerLive, (_, answer: (error: null, bytes: Buffer) => void) => answer(null, Buffer.alloc(0)))
  serve(ModelInfer, (_, answer: (error: null, bytes: Buffer) => void) => {
    begun++
    open.push(() => answer(null, ModelInfer.responseSerialize({ modelName: 'small', id: name, outputs: [] })))
  })
  const listening = await listenGrpcJs(server)
  const answerAll = () => {
    for (const answer of open.splice(0)) answer()
  }
  onTestFinished(() => listening.close(0))
  return { ...listening, begun: () => begun, answerAll }
}

test('a server that stops answers what it has begun, and others get the rest', async () => {
  const [first, second] = [await heldServer('first'), await heldServer('second')]
  const fleet = [first, second].map(({ address }) => ({ address, type: 'slow', slots: 2 }))
  const { router, client } = await route({ fleet, policy: 'fcfs' })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  const input = { name: 'x', datatype: 'FP32', shape: [100] }
  const ask = () => call(client, ModelInfer, { modelName: 'small', inputs: [input] }).then(({ id }) => id)
  const asked = Array.from({ length: 3 }, ask)
  await until(() => first.begun() + second.begun() === 3)
  const stopped = first.close(5_000)
  const ofFirst = first.begun()
  asked.push(ask())
  second.answerAll()
  await until(() => router.servers()[0].state === 'ejected' && second.begun() === 4 - ofFirst)
  first.answerAll()
  second.answerAll()
  await stopped
  expect((await Promise.all(asked)).filter((id) => id === 'first')).toHaveLength(ofFirst)
})
