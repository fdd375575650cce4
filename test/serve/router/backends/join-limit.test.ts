import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { randomStream } from '../../../../src/model/random.ts'
import { createJoinLimit, createJoinLimits } from '../../../../src/serve/router/backends/join-limit.ts'
import { createVirtualClock } from '../virtual.ts'

const { INTERNAL, INVALID_ARGUMENT, UNAVAILABLE } = status

function joinLimit() {
  let nowMs = 0
  const noticed: number[] = []
  const clock = { now: () => nowMs, stalledMs: () => 0, after: () => ({ cancel: () => undefined }) }
  const limit = createJoinLimit(clock, (most) => noticed.push(most))
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { ...limit, noticed, pass }
}

test('a server that has answered no joined request gets none after a refusal, for ten minutes', () => {
  const { most, refused, noticed, pass } = joinLimit()
  expect(most()).toBe(Infinity)
  refused(4, INVALID_ARGUMENT)
  expect(most()).toBe(0)
  expect(noticed).toEqual([0])
  pass(599_999)
  expect(most()).toBe(0)
  pass(1)
  expect(most()).toBe(Infinity)
})

test('a server that refuses more items than it has answered gets as many as it has answered', () => {
  const { most, answered, refused, noticed } = joinLimit()
  answered(30)
  answered(12)
  refused(41, INVALID_ARGUMENT)
  expect(most()).toBe(30)
  expect(noticed).toEqual([30])
})

test('a refusal of no more items than were answered is occasional, and limits nothing', () => {
  const { most, answered, refused, noticed } = joinLimit()
  for (let i = 0; i < 3; i++) {
    answered(30)
    refused(30, INTERNAL)
    expect(most()).toBe(Infinity)
  }
  expect(noticed).toEqual([])
})

test('a second refusal without as many answered in between limits the items', () => {
  const { most, answered, refused, noticed } = joinLimit()
  answered(30)
  refused(20, INVALID_ARGUMENT)
  answered(10)
  refused(20, INVALID_ARGUMENT)
  expect(most()).toBe(10)
  expect(noticed).toEqual([10])
})

test('a failure that does not blame the request limits the items only after four others, with no answer of as many between them', () => {
  const { most, answered, refused, noticed } = joinLimit()
  for (const items of [30, 25, 20, 35]) refused(items, INTERNAL)
  answered(20)
  // the server has answered 20 items after the failure at 30
  refused(20, INTERNAL)
  answered(30)
  for (const items of [40, 31, 35, 50]) refused(items, INTERNAL)
  answered(29)
  expect(most()).toBe(Infinity)
  refused(30, INTERNAL)
  expect(most()).toBe(29)
  expect(noticed).toEqual([29])
})

test('failures that follow each other limit the items to the most that were answered before them', () => {
  const { most, answered, refused, noticed } = joinLimit()
  answered(4)
  for (const items of [5, 8, 6, 5, 5]) refused(items, INTERNAL)
  expect(most()).toBe(4)
  expect(noticed).toEqual([4])
})

test('failures at fewer items than were answered before limit the items to what was answered since', () => {
  const { most, answered, refused, noticed } = joinLimit()
  answered(30)
  refused(20, INTERNAL)
  answered(3)
  for (const items of [5, 31, 6, 7]) refused(items, INTERNAL)
  expect(most()).toBe(3)
  expect(noticed).toEqual([3])
})

test('failures at fewer items than were once answered limit the items to fewer that were answered lately', () => {
  const { most, answered, refused, noticed } = joinLimit()
  for (const items of [8, 4]) answered(items)
  for (let i = 0; i < 5; i++) refused(6, INTERNAL)
  expect(most()).toBe(4)
  expect(noticed).toEqual([4])
})

test('failures at fewer items than were once answered are not compared with answers before the last eight', () => {
  const { most, answered, refused } = joinLimit()
  for (const items of [8, 5]) answered(items)
  for (let i = 0; i < 8; i++) answered(2)
  for (let i = 0; i < 5; i++) refused(6, INTERNAL)
  expect(most()).toBe(2)
})

test('failures that go on below a limit lower it again', () => {
  const { most, answered, refused, noticed } = joinLimit()
  for (const items of [2, 4]) answered(items)
  for (let i = 0; i < 5; i++) refused(6, INTERNAL)
  for (let i = 0; i < 5; i++) refused(4, INTERNAL)
  expect(most()).toBe(2)
  expect(noticed).toEqual([4, 2])
})

test('an answer that cannot be divided limits the items at once', () => {
  const { most, refused } = joinLimit()
  refused(4, undefined)
  expect(most()).toBe(0)
})

test('a server that fails at one of twenty requests, whatever their size, is not limited with this seed', () => {
  const { most, answered, refused, noticed } = joinLimit()
  const uniform = randomStream(1, 0)
  for (let i = 0; i < 20_000; i++) {
    const items = 2 + Math.floor(30 * uniform())
    if (uniform() < 0.05) refused(items, INTERNAL)
    else answered(items)
  }
  expect(most()).toBe(Infinity)
  expect(noticed).toEqual([])
})

test('each kind of requests has its own limit, 32 kinds are kept, and each new lowest limit is reported', () => {
  const noticed: number[] = []
  const { clock } = createVirtualClock()
  const of = createJoinLimits(clock, (most) => noticed.push(most))
  of('a').answered(30)
  of('a').refused(41, INVALID_ARGUMENT)
  of('b').refused(4, INVALID_ARGUMENT)
  of('c').refused(4, INVALID_ARGUMENT)
  expect([of('a').most(), of('b').most(), of('d').most()]).toEqual([30, 0, Infinity])
  expect(noticed).toEqual([30, 0])
  for (let kind = 0; kind < 30; kind++) of(String(kind))
  expect(of('b').most()).toBe(0)
  of('another')
  // of those that are kept, c was asked for longest ago
  expect([of('b').most(), of('c').most()]).toEqual([0, Infinity])
})

test('a server that has refused four kinds and answered none is not tried with others, for ten minutes', () => {
  let nowMs = 0
  const clock = { now: () => nowMs, stalledMs: () => 0, after: () => ({ cancel: () => undefined }) }
  const of = createJoinLimits(clock, () => undefined)
  for (const kind of ['a', 'b', 'c']) of(kind).refused(4, INVALID_ARGUMENT)
  expect(of('d').most()).toBe(Infinity)
  of('d').refused(4, INVALID_ARGUMENT)
  for (let kind = 0; kind < 100; kind++) expect(of(String(kind)).most()).toBe(0)
  expect(of('a').most()).toBe(0)
  nowMs = 600_000
  expect(of('e').most()).toBe(Infinity)
})

test('a server that answers one kind joined is tried with others', () => {
  const { clock } = createVirtualClock()
  const of = createJoinLimits(clock, () => undefined)
  of('a').answered(4)
  for (const kind of ['b', 'c', 'd', 'e']) of(kind).refused(4, INVALID_ARGUMENT)
  expect(of('f').most()).toBe(Infinity)
})

test('kinds with long parameters are told apart, and their names are not kept', () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  const { clock } = createVirtualClock()
  const of = createJoinLimits(clock, () => undefined)
  const kind = (last: number) => `${'x'.repeat(2 ** 22)}${last}`
  of('short').answered(30)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let last = 0; last < 10; last++) of(kind(last)).refused(last, UNAVAILABLE)
  collect()
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 24)
  expect([of(kind(4)).most(), of(kind(11)).most()]).toEqual([0, Infinity])
})

test('a busy server is limited although it has answered more items', () => {
  const { most, answered, refused, pass } = joinLimit()
  answered(30)
  refused(20, UNAVAILABLE)
  expect(most()).toBe(10)
  pass(10_000)
  expect(most()).toBe(Infinity)
})

test('a lower limit of a busy server ends after ten seconds, and that of refused sizes stays', () => {
  const { most, answered, refused, noticed, pass } = joinLimit()
  answered(30)
  refused(41, INVALID_ARGUMENT)
  refused(20, UNAVAILABLE)
  expect(most()).toBe(10)
  pass(10_000)
  expect(most()).toBe(30)
  refused(30, UNAVAILABLE)
  refused(35, INVALID_ARGUMENT)
  expect([most(), noticed]).toEqual([15, [30, 30]])
  pass(10_000)
  expect(most()).toBe(30)
  pass(590_000)
  expect(most()).toBe(Infinity)
})

test('a busy server is limited for ten seconds, without notice', () => {
  const { most, refused, noticed, pass } = joinLimit()
  refused(4, UNAVAILABLE)
  expect(most()).toBe(0)
  pass(10_000)
  expect(most()).toBe(Infinity)
  expect(noticed).toEqual([])
})
