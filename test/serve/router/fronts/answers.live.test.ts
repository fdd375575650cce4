import { status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { inference } from '../../../../src/serve/protocols/inference.ts'
import { scheduler } from '../../../../src/serve/protocols/scheduler.ts'
import { call } from '../../grpc-js-client.ts'
import { type Answer, codeOf, route, serverOf, until } from '../live.ts'

const SERVE = '/grpc.Scheduler/Serve'
const reply = scheduler.Serve.responseSerialize({ exeTime: 1, idx: 0, qWait: 0 })

/** A server of the published scripts. Requests without work, by which the router asks its protocol, are answered. */
function published(serve: (answer: Answer) => void, port = 0): Promise<string> {
  return serverOf(
    {
      [SERVE]: (request, answer) => {
        const { batch } = scheduler.Serve.requestDeserialize(request)
        if (batch === 0) answer({ code: status.INVALID_ARGUMENT, details: 'a batch of 0' })
        else serve(answer)
      },
    },
    port,
  )
}

const ask = { batch: 1, qWait: 0 }
const infer = { modelName: 'small', inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }] }

describe('a client that speaks another protocol than the servers', () => {
  test('is refused, with the cure', async () => {
    const address = await published((answer) => answer(null, reply))
    const { router, client } = await route({ fleet: [{ address, type: 'fast' }] })
    await until(() => router.servers()[0].state === 'up')
    await expect(call(client, inference.ModelInfer, infer)).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(/speaks grpc.Scheduler .* start the router with --translate/),
    })
    expect(await codeOf(call(client, scheduler.Serve, ask))).toBe(status.OK)
    // nobody has said what the model takes
    expect(await codeOf(call(client, inference.ModelMetadata, { name: 'small', version: '' }))).toBe(
      status.UNIMPLEMENTED,
    )
    expect(await call(client, inference.ServerMetadata, {})).toMatchObject({ name: 'kairos', version: '' })
  })

  test('gets zeros where that is asked for', async () => {
    const address = await published((answer) => answer(null, reply))
    const { router, client } = await route({ fleet: [{ address, type: 'fast' }], translate: true })
    await until(() => router.servers()[0].state === 'up')
    const { outputs } = await call(client, inference.ModelInfer, infer)
    expect(outputs[0].shape).toEqual([1, 1])
    const metadata = await call(client, inference.ModelMetadata, { name: 'small', version: '' })
    expect(metadata.inputs).toHaveLength(1)
  })
})

describe('a server that serves nothing, beside one that does, is taken out and no client notices', () => {
  test.each<[string, (answer: Answer) => void]>([
    ['answers with an empty message', (answer) => answer(null, Buffer.alloc(0))],
    ['says INVALID_ARGUMENT', (answer) => answer({ code: status.INVALID_ARGUMENT, details: 'no' })],
    ['does not know the model', (answer) => answer({ code: status.NOT_FOUND, details: 'no such model' })],
    ['answers with an unknown status', (answer) => answer({ code: 42 as status, details: 'no' })],
    ['answers beyond the limit', (answer) => answer(null, Buffer.alloc(20_000, 0x0a))],
  ])('%s', async (_what, serve) => {
    const [good, bad] = await Promise.all([published((answer) => answer(null, reply)), published(serve)])
    const fleet = [good, bad].map((address) => ({ address, type: 'fast' }))
    const { router, client } = await route({ fleet, maxMessageBytes: 10_000 })
    await until(() => router.servers().every(({ state }) => state === 'up'))
    const isOut = () => router.servers().find(({ address }) => address === bad)!.state === 'ejected'
    for (let i = 0; i < 100 && !isOut(); i++) {
      // two at a time, so that both servers get some
      const codes = await Promise.all([1, 2].map(() => codeOf(call(client, scheduler.Serve, ask))))
      expect(codes).toEqual([status.OK, status.OK])
    }
    expect(isOut()).toBe(true)
  })
})

test('an error that every server gives goes to the client as it is', async () => {
  const say = (answer: Answer) => answer({ code: status.INVALID_ARGUMENT, details: 'too wide' })
  const addresses = await Promise.all([published(say), published(say)])
  const { router, client } = await route({ fleet: addresses.map((address) => ({ address, type: 'fast' })) })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  for (let i = 0; i < 10; i++) {
    await expect(call(client, scheduler.Serve, ask)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'too wide',
    })
  }
  expect(router.servers().every(({ state }) => state === 'up')).toBe(true)
})

test('a batch below 0 is refused with its number', async () => {
  const address = await published((answer) => answer(null, reply))
  const { router, client } = await route({ fleet: [{ address, type: 'fast' }] })
  await until(() => router.servers()[0].state === 'up')
  const asked = { ...infer, inputs: [{ ...infer.inputs[0], shape: [-1] }] }
  await expect(call(client, inference.ModelInfer, asked)).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringMatching(/a batch of -1 has no bin/),
  })
})
