import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KernelDispatcher } from '../../src/kernel/dispatch-contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import type { DispatchRule, FlowRule, PricedRule } from '../../src/kernel/rules.ts'
import { backends, wasmBackends } from './backends.ts'
import { flowRule } from './plain-rules.ts'
import { starts } from './two-types.ts'

const QOS_MS = 20

const values = (count: number, ...from: number[]) =>
  fc
    .array(fc.constantFrom(...from), { minLength: count, maxLength: count })
    .map((all) => Float64Array.from(all))

interface Fleet {
  readonly types: number
  readonly bins: number
  readonly meanMs: Float64Array
  readonly instanceType: Int32Array
  readonly flow: FlowRule
  readonly learns: 'types' | 'instances' | 'nothing'
}

/** Few distinct times and costs: ties are frequent, and so are queries that just miss their latest start. */
const fleets: fc.Arbitrary<Fleet> = fc
  .record({ types: fc.integer({ min: 1, max: 4 }), bins: fc.constantFrom(1, 3, 5, 70) })
  .chain(({ types, bins }) => {
    const cells = types * bins
    return fc.record({
      types: fc.constant(types),
      bins: fc.constant(bins),
      meanMs: values(cells, 1, 2, 3.3, 5, 8, 13.7),
      instanceType: fc
        .array(fc.nat(types - 1), { maxLength: 14 })
        .map((instances) => Int32Array.from(instances)),
      learns: fc.constantFrom('types', 'types', 'instances', 'nothing'),
      flow: fc.record({
        kind: fc.constant('flow'),
        weight: values(types, 1, 0.5, 0.3, 0.1),
        reducedCost: values(cells, 0, 0, 0.5, 1, 3, 7.1),
        guardMs: values(cells, 1, 2.5, 6, 15),
        looseGuardMs: values(cells, 0, 1, 2, 8),
        typicalMs: values(cells, 1, 2.2, 5, 12),
        qosMs: fc.constant(QOS_MS),
        lateShare: fc.constantFrom(0, 0.005, 0.02, 0.3),
        lightLoad: fc.constantFrom(-1, -1, 0.3, 0.6, 1),
        lightGapMs: fc.constantFrom(0, 0, 0.05, 0.3),
      }),
    })
  })

const pricedOf = (rule: FlowRule): PricedRule => ({
  ...{ kind: 'priced', weight: rule.weight, reducedCost: rule.reducedCost, qosMs: rule.qosMs },
  ...{ guardMs: rule.guardMs, looseGuardMs: rule.looseGuardMs, typicalMs: rule.typicalMs },
  longestLateMs: rule.guardMs.map(() => Infinity),
  ...{ looseCost: 100, missCost: 200, lightLoad: rule.lightLoad, lightGapMs: rule.lightGapMs },
})

const EVENTS = [
  ...Array.from({ length: 10 }, () => 'arrive' as const),
  ...Array.from({ length: 5 }, () => 'decide' as const),
  ...Array.from({ length: 6 }, () => 'complete' as const),
  ...(['cancel', 'hold', 'join', 'leave', 'retune', 'other rule', 'slow', 'wait', 'many'] as const),
]

const events = fc.array(fc.record({ what: fc.constantFrom(...EVENTS), a: fc.nat(999), b: fc.nat(9) }), {
  maxLength: 150,
})

/** Does the same to two dispatchers, and compares all that they say; returns what is pending and busy at the end. */
function drive(
  fleet: Fleet,
  happenings: readonly { what: string; a: number; b: number }[],
  both: KernelDispatcher[],
) {
  const [ours, theirs] = both
  let rule: DispatchRule = fleet.flow
  let nowMs = 0
  let query = 0
  const pending = new Set<number>()
  const busy = new Set<number>()
  const there = new Set(fleet.instanceType.keys())
  const pick = (from: Iterable<number>, a: number) => {
    const all = [...from].sort((x, y) => x - y)
    return all[a % all.length]
  }
  const arrive = (bin: number, arrivalMs: number) => {
    for (const dispatcher of both) dispatcher.arrive(query, bin, arrivalMs)
    pending.add(query++)
  }
  const decide = () => {
    const started = starts(ours, nowMs)
    expect(started).toEqual(starts(theirs, nowMs))
    for (const [number, instance] of started) {
      expect(pending.delete(number)).toBe(true)
      expect(there.has(instance) && !busy.has(instance)).toBe(true)
      busy.add(instance)
    }
    return started.length
  }
  const complete = (instance: number, served: boolean) => {
    expect(ours.complete(instance, nowMs, served)).toBe(theirs.complete(instance, nowMs, served))
    busy.delete(instance)
  }
  for (const { what, a, b } of happenings) {
    nowMs += b / 4
    if (what === 'arrive') arrive(a % fleet.bins, nowMs - (b % 2))
    else if (what === 'many') for (let n = 0; n < 90; n++) arrive((a + n) % fleet.bins, nowMs)
    else if (what === 'decide') decide()
    else if (what === 'complete' && busy.size > 0) complete(pick(busy, a), a % 7 > 0)
    else if (what === 'cancel' && query > 0) {
      const given = a % query
      for (const dispatcher of both) expect(dispatcher.cancel(given)).toBe(pending.has(given))
      pending.delete(given)
    } else if (what === 'join' && there.size < 30) {
      const instance = ours.join(a % fleet.types)
      expect(theirs.join(a % fleet.types)).toBe(instance)
      there.add(instance)
    } else if (what === 'hold' && busy.size < there.size) {
      const instance = pick(
        [...there].filter((one) => !busy.has(one)),
        a,
      )
      for (const dispatcher of both) dispatcher.hold(instance, nowMs, nowMs + 10 * b)
      busy.add(instance)
    } else if (what === 'leave' && there.size > 0) {
      const instance = pick(there, a)
      for (const dispatcher of both) dispatcher.leave(instance)
      there.delete(instance)
      busy.delete(instance)
    } else if (what === 'retune') {
      const weight = fleet.flow.weight.map((share, t) => ((a >> t) & 1 ? 0.7 : share))
      const reducedCost = fleet.flow.reducedCost.map((cost, cell) => ((a >> (cell % 9)) & 1 ? 1.5 : cost))
      rule = rule.kind === 'flow' ? { ...rule, weight, reducedCost } : rule
      for (const dispatcher of both) dispatcher.retune(rule)
    } else if (what === 'other rule') {
      rule = rule.kind === 'flow' ? pricedOf(fleet.flow) : fleet.flow
      for (const dispatcher of both) dispatcher.retune(rule)
    } else if (what === 'slow' && there.size > 0) {
      for (const dispatcher of both) dispatcher.setSlowdown(pick(there, a), [1, 0.5, 3.7][b % 3], nowMs)
    } else if (what === 'wait') nowMs += 10 * b
    expect([ours.instances, ours.idle, ours.pending]).toEqual([
      there.size,
      there.size - busy.size,
      pending.size,
    ])
    expect([theirs.instances, theirs.idle, theirs.pending]).toEqual([ours.instances, ours.idle, ours.pending])
  }
  /** Completes one after the other, deciding each time, until nothing is busy. */
  const drain = () => {
    decide()
    while (busy.size > 0) {
      nowMs += 1
      complete(pick(busy, 0), true)
      decide()
    }
  }
  return { drain, pending, there }
}

describe.each(wasmBackends)('flow, %s against the fallback', (_, kernel) => {
  it('does the same whatever happens, and starves no query', () => {
    fc.assert(
      fc.property(fleets, events, (fleet, happenings) => {
        const setup = { ...fleet, rule: fleet.flow }
        const both = [kernel, loadKernel('fallback')].map((one) => one.createDispatcher(setup))
        const { drain, pending, there } = drive(fleet, happenings, both)
        drain()
        if (there.size > 0) expect([...pending]).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

describe.each(backends)('flow, limits of a decision, %s', (_, kernel) => {
  /** Of the third type no query is ever in time: an instance of it is idle, so that there is something to decide. */
  const rule = flowRule({
    ...{ weight: Float64Array.of(1, 0.1, 1), reducedCost: Float64Array.of(0, 0, 0.5, 0.5, 9, 9) },
    ...{ guardMs: Float64Array.of(500, 1, 1, 500, 500, 500), typicalMs: new Float64Array(6).fill(200) },
  })
  const setup = { types: 3, bins: 2, meanMs: new Float64Array(6).fill(200), learns: 'nothing' } as const

  it('tries 64 stalled queries, oldest first', () => {
    const dispatcher = kernel.createDispatcher({ ...setup, rule, instanceType: Int32Array.of(0, 1, 2) })
    dispatcher.arrive(1000, 0, 0)
    dispatcher.arrive(1001, 1, 0)
    expect(starts(dispatcher, 0)).toEqual([
      [1001, 0],
      [1000, 1],
    ])
    // those of bin 0 could still be served by the second type, which is busy for longer than they have time
    for (let query = 0; query < 64; query++) dispatcher.arrive(query, 0, 1)
    dispatcher.arrive(64, 1, 1)
    expect(starts(dispatcher, 1)).toEqual([])
    dispatcher.complete(0, 2)
    expect(starts(dispatcher, 2)).toEqual([])
    dispatcher.cancel(30)
    expect(starts(dispatcher, 3)).toEqual([[64, 0]])
  })

  it('moves 64 queries', () => {
    const easy = new Float64Array(6).fill(1).fill(500, 4)
    const instanceType = Int32Array.from({ length: 141 }, (_, i) => Math.floor(i / 70))
    const meanMs = new Float64Array(6).fill(20)
    const flow = { ...rule, guardMs: easy, looseGuardMs: easy }
    const dispatcher = kernel.createDispatcher({ ...setup, meanMs, rule: flow, instanceType })
    for (let query = 0; query < 140; query++) dispatcher.arrive(query, 0, 0)
    expect(starts(dispatcher, 0)).toHaveLength(140)
    // 0 + 1 x 19 on the first type, 0.5 + 0.1 x 19 on the second
    for (let query = 200; query < 270; query++) dispatcher.arrive(query, 0, 1)
    expect(starts(dispatcher, 1)).toEqual([])
    for (let instance = 0; instance < 70; instance++) dispatcher.complete(instance, 2)
    expect(starts(dispatcher, 2)).toHaveLength(64)
    expect(starts(dispatcher, 2)).toHaveLength(6)
  })
})

describe.each(backends)('flow, a fleet that changes, %s', (_, kernel) => {
  /** Two busy instances of the first type and one of the second; an idle one of the third, in time for no query. */
  const opened = (instanceType: number[], reducedCost: number[]) => {
    const rule = flowRule({
      ...{ weight: Float64Array.of(1, 1, 1), reducedCost: Float64Array.from(reducedCost) },
      ...{ guardMs: Float64Array.of(1, 1, 500), typicalMs: new Float64Array(3).fill(20) },
    })
    const setup = { types: 3, bins: 1, meanMs: new Float64Array(3).fill(20), learns: 'nothing' } as const
    const dispatcher = kernel.createDispatcher({
      ...setup,
      rule,
      instanceType: Int32Array.from(instanceType),
    })
    for (const [instance, type] of instanceType.entries()) if (type < 2) dispatcher.hold(instance, 0, 20)
    // both wait for the first type
    dispatcher.arrive(10, 0, 1)
    dispatcher.arrive(11, 0, 1)
    expect(starts(dispatcher, 1)).toEqual([])
    return { dispatcher, rule }
  }

  // a move would take the youngest query; assigned anew, the oldest comes first
  it('assigns all queries anew when an instance joins', () => {
    const { dispatcher } = opened([0, 0, 2], [0, 0, 0])
    expect(dispatcher.join(1)).toBe(3)
    expect(starts(dispatcher, 1)).toEqual([[10, 3]])
  })

  it('assigns all queries anew when prices change', () => {
    const { dispatcher, rule } = opened([0, 0, 1, 2], [0, 50, 0])
    dispatcher.retune({ ...rule, reducedCost: Float64Array.of(50, 0, 0) })
    dispatcher.complete(2, 2, false)
    expect(starts(dispatcher, 2)).toEqual([[10, 2]])
  })

  it('knows which instances are busy after they were held and idle again before the first decision', () => {
    const instanceType = Int32Array.from({ length: 8 }, () => 0)
    const one = Float64Array.of(1)
    const rule = flowRule({ weight: one, reducedCost: one, guardMs: one })
    const dispatcher = kernel.createDispatcher({ types: 1, bins: 1, meanMs: one, rule, instanceType })
    for (const untilMs of [10, 20]) {
      for (let instance = 0; instance < 7; instance++) dispatcher.hold(instance, 0, untilMs)
      if (untilMs < 20)
        for (let instance = 0; instance < 7; instance++) dispatcher.complete(instance, 0, false)
    }
    dispatcher.arrive(1, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([[1, 7]])
  })

  it('moves a query to a type on which it can start at the last moment', () => {
    const rule = flowRule({
      ...{ weight: Float64Array.of(1, 0.1, 1), reducedCost: Float64Array.of(0, 0.5, 9) },
      ...{ guardMs: Float64Array.of(1, 1, 500), typicalMs: new Float64Array(3).fill(20) },
    })
    const setup = { types: 3, bins: 1, meanMs: new Float64Array(3).fill(20), learns: 'nothing' } as const
    const dispatcher = kernel.createDispatcher({ ...setup, rule, instanceType: Int32Array.of(0, 0, 1, 2) })
    for (const [instance, untilMs] of [60, 70, 200].entries()) dispatcher.hold(instance, 0, untilMs)
    dispatcher.arrive(1, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([])
    // the second type is free at 99, and the first query has to start at 100 - 1
    dispatcher.complete(2, 2, false)
    dispatcher.hold(2, 2, 99)
    // 70 - 2 on the first type, 0.5 + 0.1 x 97 if the first one waits for the second type; the second one cannot
    dispatcher.arrive(2, 0, -5)
    expect(starts(dispatcher, 2)).toEqual([])
    dispatcher.complete(0, 3, false)
    expect(starts(dispatcher, 3)).toEqual([[2, 0]])
  })

  it('gives the last instance of a type to a query that no other type can serve, and the query it was for to another type', () => {
    const rule = flowRule({
      ...{ weight: Float64Array.of(1, 1), reducedCost: Float64Array.of(0, 0, 5, 0) },
      ...{ guardMs: Float64Array.of(20, 20, 20, 500), typicalMs: new Float64Array(4).fill(20) },
    })
    const setup = { types: 2, bins: 2, meanMs: new Float64Array(4).fill(20), learns: 'nothing' } as const
    const dispatcher = kernel.createDispatcher({ ...setup, rule, instanceType: Int32Array.of(0, 1) })
    dispatcher.arrive(1, 0, 0)
    dispatcher.arrive(2, 1, 0)
    expect(starts(dispatcher, 0)).toEqual([
      [2, 0],
      [1, 1],
    ])
  })

  it('gives a query to another type when an instance of its own leaves', () => {
    const { dispatcher } = opened([0, 0, 1, 2], [0, 50, 0])
    dispatcher.leave(3)
    dispatcher.join(2)
    dispatcher.complete(2, 2, false)
    // one waits for 18 ms more on the first type, which costs less than 50 on the second
    expect(starts(dispatcher, 2)).toEqual([])
    dispatcher.leave(0)
    // then only one of them has an instance of the first type: the other one takes the second
    expect(starts(dispatcher, 2)).toEqual([[11, 2]])
  })
})
