import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { Outcome, SendBatch } from '../../../src/serve/driver/batch-sender.ts'
import { type SentMembers, sendMembers } from '../../../src/serve/driver/send-members.ts'
import { problem } from '../../../src/serve/grpc/client/client-call.ts'
import { CallFailure } from '../../../src/serve/grpc/client/remote-method.ts'

/** Sends six queries. @param errorOf what the server answers to a request of so many items */
function sent(errorOf: (items: number) => CallFailure | null, more: Partial<SentMembers> = {}) {
  const requests: [items: number, waitedMs: number][] = []
  const cancelled: number[] = []
  const ended: [members: readonly number[], outcome: Outcome][] = []
  const refused: number[] = []
  const answers: (() => void)[] = []
  const send: SendBatch = (items, waitedMs, _timeoutMs, done) => {
    requests.push([items, waitedMs])
    answers.push(() => done(errorOf(items) ?? 1))
    return { cancel: () => cancelled.push(items) }
  }
  const call = sendMembers(send, {
    ...{ sizes: [1, 2, 4, 8, 16, 32], waitedMs: [9, 0, 7, 0, 5, 0], timeoutMs: 1000, areJoined: true },
    ended: (members, outcome) => ended.push([members, outcome]),
    refused: (items) => refused.push(items),
    ...more,
  })
  return {
    ...{ requests, cancelled, ended, refused, call },
    /** Answers the oldest request. */
    answer: () => answers.shift()?.(),
    answerAll() {
      while (answers.length > 0) answers.shift()!()
    },
  }
}

test('a joined request has all items, and has waited as long as its oldest query', () => {
  const { requests, ended, answerAll } = sent(() => null)
  answerAll()
  expect(requests).toEqual([[63, 9]])
  expect(ended).toEqual([[[0, 1, 2, 3, 4, 5], 1]])
})

test('queries that are not joined are sent one by one, each with its own wait', () => {
  const { requests, ended, answerAll } = sent(() => null, { areJoined: false })
  expect(requests).toEqual([
    [1, 9],
    [2, 0],
    [4, 7],
    [8, 0],
    [16, 5],
    [32, 0],
  ])
  answerAll()
  expect(ended.map(([members]) => members)).toEqual([[0], [1], [2], [3], [4], [5]])
})

test('a request that is refused is sent again in halves, and a half that is refused one by one', () => {
  const error = new CallFailure(problem(status.INVALID_ARGUMENT, 'too large', 'server'))
  // the first half has 7 items
  const { requests, ended, refused, answerAll } = sent((items) => (items > 7 ? error : null))
  answerAll()
  expect(requests.map(([items]) => items)).toEqual([63, 7, 56, 8, 16, 32])
  expect(refused).toEqual([63, 56])
  expect(ended).toEqual([
    [[0, 1, 2], 1],
    [[3], error],
    [[4], error],
    [[5], error],
  ])
})

test.each([status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED])(
  'a request whose server cannot be reached, status %i, is not sent again',
  (code) => {
    const error = new CallFailure(problem(code, 'gone', 'connection'))
    const { requests, ended, refused, answerAll } = sent(() => error)
    answerAll()
    expect(requests).toHaveLength(1)
    expect(refused).toEqual([])
    expect(ended).toEqual([[[0, 1, 2, 3, 4, 5], error]])
  },
)

test('a cancellation reaches the requests that are under way, and no others', () => {
  const { cancelled, call, answer } = sent(() => null, { areJoined: false })
  answer()
  answer()
  call.cancel()
  expect(cancelled).toEqual([4, 8, 16, 32])
})
