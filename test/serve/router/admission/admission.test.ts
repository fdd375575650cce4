import { describe, expect, test } from 'vitest'
import {
  createAdmission,
  createMissBudget,
  longestWaitOf,
} from '../../../../src/serve/router/admission/admission.ts'
import { createRefusedShare } from '../../../../src/serve/router/admission/refused-share.ts'
import type { Job } from '../../../../src/serve/router/job.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'

describe('the budget of misses', () => {
  /** Decides about queries that are all expected to be late, and counts the decisions. */
  function decideLate(budget: ReturnType<typeof createMissBudget>, queries: number, isIdle = false) {
    const counts = { accept: 0, probe: 0, refuse: 0 }
    for (let i = 0; i < queries; i++) {
      const decision = budget.decideLate(isIdle)
      counts[decision]++
      if (decision === 'refuse') continue
      budget.accepted()
      budget.missed()
    }
    return counts
  }

  test('allows a few misses at the start, then refuses all but one of twenty', () => {
    const budget = createMissBudget(99)
    expect(decideLate(budget, 5).accept).toBe(5)
    expect(decideLate(budget, 100)).toEqual({ accept: 0, probe: 5, refuse: 95 })
  })

  test('allows the share of the percentile of the accepted queries', () => {
    const budget = createMissBudget(99)
    decideLate(budget, 5)
    for (let i = 0; i < 400; i++) budget.accepted()
    expect(decideLate(budget, 10)).toMatchObject({ accept: 4 })
  })

  test('saves no more than ten misses', () => {
    const budget = createMissBudget(99)
    for (let i = 0; i < 10_000; i++) budget.accepted()
    expect(decideLate(budget, 15)).toMatchObject({ accept: 10 })
  })

  test('never refuses while the fleet is idle', () => {
    expect(decideLate(createMissBudget(99), 1_000, true)).toEqual({ accept: 1_000, probe: 0, refuse: 0 })
  })

  test('repays a debt by refusals', () => {
    const budget = createMissBudget(90)
    for (let i = 0; i < 1_000; i++) budget.missed()
    // a debt of five misses, of which each refusal repays a tenth, and one for the next accepted query
    const counts = decideLate(budget, 50)
    expect(counts.accept).toBe(0)
    for (let i = 0; i < 60; i++) budget.accepted()
    expect(budget.decideLate(false)).toBe('accept')
  })
})

describe('an obstacle', () => {
  const clock = { now: () => 0, stalledMs: () => 0, after: () => ({ cancel: () => undefined }) }
  const limits = { queue: 2, admission: 'all' } as const
  const admission = createAdmission(smallWorkload(), limits, clock, createRefusedShare(clock))
  const state = { draining: false, servers: 3, up: 3, mayWaitForServer: false, waiting: 0 }
  const job = {
    ...({ protocol: 'inference', request: Buffer.alloc(10), batch: 1 } as const),
    ...{ arrivalMs: 0, deadlineMs: Infinity, settle: () => undefined },
  }
  const detailsOf = (more: Partial<Job>, now: Partial<typeof state> = {}) =>
    admission.obstacleTo({ ...job, ...more }, { ...state, ...now })?.details

  test('is a batch above the largest of the table, and no other', () => {
    expect(detailsOf({ batch: 100 })).toBeUndefined()
    expect(detailsOf({ batch: 101 })).toBe(
      'a batch of 101 has no bin: batches above 0 and up to 100 are served',
    )
  })

  test('is a batch that is unknown, and why', () => {
    const batch = Number.NaN
    expect(detailsOf({ batch })).toBe('the batch is unknown: the first input has no first dimension')
    expect(detailsOf({ batch, protocol: 'custom' })).toMatch(
      /unknown: .* no number in the field that --batch-field/,
    )
  })

  test.each([
    [{ up: 0 }, /can serve: all 3 are out; try again later, or see the log of the router$/],
    [{ up: 0, servers: 1 }, /can serve: the only one is out; try again later, or see the log of the router$/],
    [
      { up: 0, servers: 0 },
      /can serve: there is none; list one in the fleet of the router, or divide the fleet into fewer parts$/,
    ],
    [{ waiting: 2 }, /the queue is full: 2 requests wait; .*, or give the router a larger --queue$/],
  ])('says what helps where the pool has %j', (now, details) => {
    expect(detailsOf({}, now)).toMatch(details)
  })
})

test('the longest wait is twice the target, or ten times and five seconds where late requests are served', () => {
  expect(longestWaitOf('target', 300)).toBe(600)
  expect([300, 1000].map((qosMs) => longestWaitOf('all', qosMs))).toEqual([5_000, 10_000])
})

test('for two seconds after a server was lost, jobs that are late by no more than the longest wait are accepted', () => {
  let nowMs = 0
  const clock = { now: () => nowMs, stalledMs: () => 0, after: () => ({ cancel: () => undefined }) }
  const limits = { queue: 2, admission: 'target', maxWaitMs: 500 } as const
  const admission = createAdmission(smallWorkload(), limits, clock, createRefusedShare(clock))
  const reasonAt = (atMs: number, latencyMs: number, isIdle = false) => {
    nowMs = atMs
    const expected = { latencyMs, limitMs: 90, isLate: true, place: undefined }
    return admission.lateRejection(expected, isIdle)?.reason
  }
  // the budget of misses is used up
  for (let i = 0; i < 5; i++) expect(reasonAt(0, 500)).toBeUndefined()
  expect([reasonAt(0, 500), reasonAt(0, 500, true), reasonAt(0, 500)]).toEqual(['late', undefined, 'late'])
  nowMs = 10_000
  admission.serverLost()
  expect([reasonAt(10_000, 500), reasonAt(11_999, 500)]).toEqual([undefined, undefined])
  expect([reasonAt(11_999, 501), reasonAt(12_000, 500)]).toEqual(['late', 'late'])
})

test('requests are refused for a time from five seconds on, until one is accepted or none comes for as long', () => {
  let nowMs = 0
  const clock = { now: () => nowMs, stalledMs: () => 0, after: () => ({ cancel: () => undefined }) }
  const limits = { queue: 2, admission: 'all' } as const
  const admission = createAdmission(smallWorkload(), limits, clock, createRefusedShare(clock))
  const pool = { draining: false, servers: 1, up: 0, mayWaitForServer: false, waiting: 0 }
  const refuse = (untilMs: number) => {
    for (; nowMs < untilMs; nowMs += 1_000) admission.obstacleTo({ batch: 1 } as Job, pool)
    return admission.refusingMs()
  }
  expect([4_000, 5_000, 7_000].map(refuse)).toEqual([0, 5_000, 7_000])
  admission.lateRejection(undefined, false)
  expect(admission.refusingMs()).toBe(0)
  expect(refuse(13_000)).toBe(6_000)
  // after a pause it begins anew
  nowMs = 20_000
  expect(admission.refusingMs()).toBe(0)
  expect([21_000, 26_000].map(refuse)).toEqual([0, 6_000])
})
