import { describe, expect, test } from 'vitest'
import { createMissBudget } from '../../../src/serve/router/admission.ts'
import { plannedFinish } from '../../../src/serve/router/lateness.ts'

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

describe('the planned finish', () => {
  const sizes = Float64Array.of(10, 20, 40)
  const fast = { idleMs: 0, weight: 1, serviceMs: () => 10, largest: 0 }
  const slow = { idleMs: 0, weight: 0.25, serviceMs: () => 30, largest: 0 }

  test('is that of the cheapest server that meets the target', () => {
    expect(plannedFinish([{ bin: 0, arrivalMs: 0 }], [fast, slow], 50, 0, sizes)).toBe(30)
    expect(plannedFinish([{ bin: 0, arrivalMs: 0 }], [fast, slow], 20, 0, sizes)).toBe(10)
  })

  test('is the earliest where no server meets the target', () => {
    expect(plannedFinish([{ bin: 0, arrivalMs: 0 }], [fast, slow], 5, 0, sizes)).toBe(10)
  })

  test('comes behind the queries that wait and those that run', () => {
    const two = [
      { bin: 0, arrivalMs: 0 },
      { bin: 0, arrivalMs: 0 },
    ]
    expect(plannedFinish(two, [fast], 50, 0, sizes)).toBe(20)
    expect(plannedFinish(two, [{ ...fast, idleMs: 7 }], 50, 0, sizes)).toBe(27)
    // an idle server starts now, not in the past
    expect(plannedFinish(two, [fast], 50, 100, sizes)).toBe(120)
  })

  test('is that of the last batch where the query fits, and delays its oldest query no further than to its target', () => {
    const batching = { ...fast, serviceMs: (bin: number) => 10 + 5 * bin, largest: 40 }
    const queries = (count: number) => Array.from({ length: count }, () => ({ bin: 0, arrivalMs: 0 }))
    expect(plannedFinish(queries(1), [batching], 50, 0, sizes)).toBe(10)
    expect(plannedFinish(queries(2), [batching], 50, 0, sizes)).toBe(15)
    expect(plannedFinish(queries(4), [batching], 50, 0, sizes)).toBe(20)
    // the fifth does not fit
    expect(plannedFinish(queries(5), [batching], 50, 0, sizes)).toBe(30)
    // three take 20 ms together, which is too late for the first
    expect(plannedFinish(queries(3), [batching], 17, 0, sizes)).toBe(25)
  })

  test('is never without a server', () => {
    expect(plannedFinish([{ bin: 0, arrivalMs: 0 }], [], 50, 0, sizes)).toBe(Infinity)
  })
})
