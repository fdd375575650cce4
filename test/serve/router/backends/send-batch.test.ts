import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { Backend } from '../../../../src/serve/router/backends/backend.ts'
import { createJoinLimits } from '../../../../src/serve/router/backends/join-limit.ts'
import { sendBatch } from '../../../../src/serve/router/backends/send-batch.ts'
import type { Payload, Reply } from '../../../../src/serve/router/job.ts'
import { createVirtualClock } from '../virtual.ts'

const body = (side: 'inputs' | 'outputs', values: readonly number[]) =>
  Buffer.from(
    JSON.stringify({ [side]: [{ name: 'x', datatype: 'FP32', shape: [values.length], data: values }] }),
  )

const refusal: Reply = { kind: 'failure', code: status.INVALID_ARGUMENT, details: 'bad', origin: 'server' }

/** Sends a request with each value to a server that answers them as `replyTo` says, and which may join all. */
function send(values: readonly number[], replyTo: (values: readonly number[]) => Reply) {
  const sizes: number[] = []
  const joined: number[] = []
  const answered: number[] = []
  const refused: [items: number, code: status | undefined][] = []
  const settled = new Array<string>(values.length)
  const waiting = new Set<() => void>()
  const backend = {
    speaks: () => true,
    send(payload: Payload, _waitedMs: number, _timeoutMs: number, replied: (reply: Reply) => void) {
      const sent: number[] = JSON.parse(payload.request.toString()).inputs[0].data
      sizes.push(sent.length)
      const reply = () => replied(replyTo(sent))
      waiting.add(reply)
      return { cancel: () => void waiting.delete(reply) }
    },
  } as unknown as Backend
  const calls = sendBatch(
    backend,
    values.map((value, i) => ({
      payload: { protocol: 'rest', request: body('inputs', [value]), batch: 1 } as Payload,
      waitedMs: 0,
      timeoutMs: () => 100,
      mayJoin: true,
      replied(reply) {
        expect(settled[i]).toBeUndefined()
        const shared = reply.kind === 'failure' && reply.isShared ? ' shared' : ''
        settled[i] = reply.kind === 'answer' ? `answer ${dataOf(reply.response)}` : reply.kind + shared
      },
    })),
    {
      joinLimits: () => ({
        most: () => Infinity,
        answered: (items) => void answered.push(items),
        refused: (items, code) => void refused.push([items, code]),
      }),
      maxBytes: Infinity,
      joined: (requests) => void joined.push(requests),
      repeated: () => undefined,
    },
  )
  const run = () => {
    // a set also visits what is added meanwhile
    for (const reply of waiting) reply()
  }
  return { calls, sizes, joined, answered, refused, settled, run }
}

const dataOf = (response: Buffer): number[] => JSON.parse(response.toString()).outputs[0].data

const doubled = (values: readonly number[]): Reply => ({
  kind: 'answer',
  response: body(
    'outputs',
    values.map((value) => 2 * value),
  ),
})

test('requests of a kind that is refused joined are soon sent alone, while those of another kind are joined', () => {
  const { clock } = createVirtualClock()
  const joinLimits = createJoinLimits(clock, () => undefined)
  /** The most requests that were joined, by the type of their input. */
  const sendBoth = () => {
    const most = { FP32: 0, INT64: 0 }
    const waiting = new Set<() => void>()
    const backend = {
      speaks: () => true,
      send(payload: Payload, _waitedMs: number, _timeoutMs: number, replied: (reply: Reply) => void) {
        const [{ datatype, data }] = JSON.parse(payload.request.toString()).inputs
        most[datatype as keyof typeof most] = Math.max(most[datatype as keyof typeof most], data.length)
        waiting.add(() => replied(datatype === 'INT64' && data.length > 1 ? refusal : doubled(data)))
        return { cancel: () => undefined }
      },
    } as unknown as Backend
    const requests = ['FP32', 'INT64', 'FP32', 'INT64'].map((datatype, i) => ({
      payload: {
        protocol: 'rest',
        request: Buffer.from(body('inputs', [i]).toString().replace('FP32', datatype)),
        batch: 1,
      } as Payload,
      ...{ waitedMs: 0, timeoutMs: () => 100, mayJoin: true, replied: () => undefined },
    }))
    const rest = { maxBytes: Infinity, joined: () => undefined, repeated: () => undefined }
    sendBatch(backend, requests, { joinLimits, ...rest })
    for (const reply of waiting) reply()
    return most
  }
  expect([sendBoth(), sendBoth(), sendBoth()]).toEqual([
    { FP32: 2, INT64: 2 },
    { FP32: 2, INT64: 1 },
    { FP32: 2, INT64: 1 },
  ])
})

test('requests that are sent again have the time limit that is left then, each its own', () => {
  let nowMs = 0
  const limits: [requests: number, timeoutMs: number][] = []
  const waiting = new Set<() => void>()
  const backend = {
    speaks: () => true,
    send(payload: Payload, _waitedMs: number, timeoutMs: number, replied: (reply: Reply) => void) {
      limits.push([payload.batch, timeoutMs])
      waiting.add(() => replied(refusal))
      return { cancel: () => undefined }
    },
  } as unknown as Backend
  const requests = [100, 200, 300].map((deadlineMs, i) => ({
    payload: { protocol: 'rest', request: body('inputs', [i]), batch: 1 } as Payload,
    ...{ waitedMs: 0, timeoutMs: () => deadlineMs - nowMs, mayJoin: true, replied: () => undefined },
  }))
  const joinLimits = createJoinLimits(createVirtualClock().clock, () => undefined)
  sendBatch(backend, requests, {
    ...{ joinLimits, maxBytes: Infinity, joined: () => undefined, repeated: () => undefined },
  })
  for (const reply of waiting) {
    nowMs += 30
    reply()
  }
  // joined, then its halves, of which the first is refused again and sent one by one
  expect(limits).toEqual([
    [3, 300],
    [2, 170],
    [1, 270],
    [1, 40],
    [1, 140],
  ])
})

test('one bad request fails alone, and says nothing of the limit of its server', () => {
  const { run, sizes, settled, refused } = send([1, 2, 3, 4], (values) =>
    values.includes(3) ? refusal : doubled(values),
  )
  run()
  expect(sizes).toEqual([4, 2, 2, 1, 1])
  expect(settled).toEqual(['answer 2', 'answer 4', 'failure', 'answer 8'])
  expect(refused).toEqual([])
})

test.each([
  [2, [5, 3, 2, 1, 1, 1], [2]],
  [1, [4, 2, 2, 1, 1, 1, 1], []],
])('a server that takes %i items at most is found out by its refusals', (most, expected, parts) => {
  const values = Array.from({ length: expected[0] }, (_, i) => i + 1)
  const { run, sizes, settled, answered, refused } = send(values, (sent) =>
    sent.length > most ? refusal : doubled(sent),
  )
  run()
  expect(sizes).toEqual(expected)
  expect(settled).toEqual(values.map((value) => `answer ${2 * value}`))
  expect(answered).toEqual(parts)
  expect(refused).toEqual([[values.length, status.INVALID_ARGUMENT]])
})

test('requests that are joined again in halves count once', () => {
  const { run, sizes, joined } = send([1, 2, 3, 4], (values) =>
    values.length > 2 ? refusal : doubled(values),
  )
  run()
  expect(sizes).toEqual([4, 2, 2])
  expect(joined).toEqual([4])
})

test('an answer that cannot be divided is not used: each request is sent alone', () => {
  const { run, sizes, settled, refused } = send([1, 2, 3, 4], (values) =>
    doubled(values.length > 1 ? [0] : values),
  )
  run()
  expect(sizes).toEqual([4, 1, 1, 1, 1])
  expect(settled).toEqual([1, 2, 3, 4].map((value) => `answer ${2 * value}`))
  expect(refused).toEqual([[4, undefined]])
})

test('a cancelled request is not sent again, and may be why the joined one was refused: no limit is learned', () => {
  const { calls, run, settled, sizes, refused } = send([1, 2], (values) =>
    values.length > 1 ? refusal : doubled(values),
  )
  calls[0].cancel()
  run()
  expect(refused).toEqual([])
  expect(sizes).toEqual([2, 1])
  expect(settled).toEqual([undefined, 'answer 4'])
})

test('a cancelled request gets no part of the answer to a joined one', () => {
  const { calls, run, settled, sizes } = send([1, 2], doubled)
  calls[0].cancel()
  run()
  expect(sizes).toEqual([2])
  expect(settled).toEqual([undefined, 'answer 4'])
})

test('a server that fails at a joined request has failed once, and a cancelled one hears nothing of it', () => {
  const lost: Reply = { kind: 'failure', code: status.UNAVAILABLE, details: 'lost', origin: 'connection' }
  const { calls, run, settled, sizes, refused } = send([1, 2, 3], () => lost)
  calls[0].cancel()
  run()
  expect(settled).toEqual([undefined, 'failure', 'failure shared'])
  expect([sizes, refused]).toEqual([[3], []])
})

test('a joined request is cancelled once none of its requests waits for it, however often they are cancelled', () => {
  const { calls, run, settled } = send([1, 2], doubled)
  calls[0].cancel()
  calls[0].cancel()
  run()
  expect(settled).toEqual([undefined, 'answer 4'])
  const gone = send([1, 2], () => {
    throw new Error('the server answers a cancelled request')
  })
  for (const call of gone.calls) call.cancel()
  gone.run()
  expect(gone.settled).toEqual([undefined, undefined])
})
