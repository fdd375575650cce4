import { beforeAll, describe, expect, it } from 'vitest'
import { fluidProgram } from '../../src/bound/fluid.ts'
import { createDispatcher } from '../../src/dispatch/dispatcher.ts'
import { POLICIES, policyOf } from '../../src/dispatch/policies.ts'
import type { PolicyContext } from '../../src/dispatch/policy.ts'
import { pricesOf } from '../../src/dispatch/prices.ts'
import { preparePolicy } from '../../src/dispatch/setup.ts'
import { bestCut, evenCut, partition } from '../../src/dispatch/threshold-cut.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { replayOver } from '../../src/kernel/fallback/replay.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import type { CompletionRule, FlowRule, PartitionRule, PricedRule } from '../../src/kernel/rules.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { allowableThroughput } from '../../src/replay/allowable-throughput.ts'
import { prepare, queriesOf, replayInput } from '../../src/replay/input.ts'
import { replay } from '../../src/replay/replay.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'
import { highsBound } from '../kernel/fluid-highs.ts'
import { contextOf, ruleOf, TYPES } from './rule-of.ts'

let rm2: Workload
let dien: Workload
beforeAll(async () => {
  rm2 = await readWorkload('rm2')
  dien = await readWorkload('dien')
})

describe.each(POLICIES)('$name', (policy) => {
  it('is found by its name', () => {
    expect(policyOf(policy.name)).toBe(policy)
    expect(policy.summary).not.toBe('')
  })

  it.each([
    ['keeps up with', 1],
    ['is overloaded by', 5],
  ])('schedules arrivals that it %s alike by kernel, fallback and loop', (_, speed) => {
    for (const [workload, counts] of [
      [rm2, [2, 1, 4, 2]],
      [dien, [1, 0, 3, 2]],
    ] as const) {
      const rate = speed * (workload === rm2 ? 50 : 150)
      const trace = generateTrace({ arrivals: 'poisson', rate, queries: 600, seed: 3, mix: workload.mix })
      const question = { workload, types: TYPES, counts, policy, service: 'sampled' } as const
      const input = replayInput(prepare(question), queriesOf(question, trace, 3))
      const outcome = loadKernel('wasm').replay(input)
      expect(outcome).toEqual(loadKernel('fallback').replay(input))
      expect(outcome).toEqual(replayOver(loadKernel('wasm').createDispatcher(input), input))
      expect(outcome.served).toBe(600)
    }
  })

  it('serves every query, whatever joins and leaves', () => {
    const dispatcher = createDispatcher({ workload: smallWorkload(), types: ['fast', 'slow'], policy })
    let nowMs = 0
    let done = 0
    for (let query = 0; query < 60; query++) dispatcher.arrive(query, query % 3, 0)
    const fleet = [dispatcher.join('slow')]
    for (let turn = 0; turn < 400 && done < 60; turn++) {
      nowMs += 7
      if (turn === 3) fleet.push(dispatcher.join('fast'))
      if (turn === 6) fleet.push(dispatcher.join('fast'))
      for (const { instance } of dispatcher.decide(nowMs)) {
        dispatcher.complete(instance, nowMs)
        done++
      }
      if (turn === 9) dispatcher.leave(fleet.splice(0, 1)[0])
    }
    expect([done, dispatcher.pending]).toEqual([60, 0])
  })
})

describe('priced on large fleets', () => {
  const priced = policyOf('priced')

  it('matches up to 40 instances, and lets a flow decide on more', () => {
    expect(ruleOf('priced', rm2, TYPES, [3, 0, 37, 0]).kind).toBe('priced')
    expect(ruleOf('priced', rm2, TYPES, [3, 0, 38, 0]).kind).toBe('flow')
  })

  it('weighs types by price alone, never below a fiftieth, and guards to just below the target where the bound takes risks', async () => {
    const mtwnd = await readWorkload('mtwnd')
    const counts = [20, 10, 40, 30]
    const context = contextOf(mtwnd, TYPES)
    const rule = ruleOf<FlowRule>('priced', mtwnd, TYPES, counts)
    const { price } = pricesOf(context, counts)
    const largest = Math.max(...price)
    expect(Array.from(rule.weight)).toEqual(Array.from(price, (p) => Math.max(p / largest, 0.02)))
    for (let k = 0; k < context.batchSizes.length; k++) {
      const costs = TYPES.map((_, t) => rule.reducedCost[t * context.batchSizes.length + k])
      expect(Math.min(...costs)).toBe(0)
    }
    const cut = Array.from(rule.guardMs.keys()).filter((cell) => rule.guardMs[cell] === 0.95 * mtwnd.qosMs)
    expect(cut.length).toBeGreaterThan(0)
    const bins = context.batchSizes.length
    expect(cut.every((cell) => Math.floor(cell / bins) === 3)).toBe(true)
  })

  it('misses less often than it may where the load is below the bound', async () => {
    const mtwnd = await readWorkload('mtwnd')
    const counts = [6, 6, 0, 40]
    const rate = 1434 // 0.7 of the bound
    const trace = generateTrace({ arrivals: 'poisson', rate, queries: 20_000, seed: 1, mix: mtwnd.mix })
    const { violations } = replay({ workload: mtwnd, trace, types: TYPES, counts, policy: 'priced' })
    // 200 may miss
    expect(violations).toBeLessThan(100)
  })

  it('schedules alike by kernel and fallback, kept up with and overloaded', () => {
    for (const speed of [1, 4]) {
      const trace = generateTrace({
        arrivals: 'poisson',
        rate: 480 * speed,
        queries: 900,
        seed: 5,
        mix: rm2.mix,
      })
      const question = {
        workload: rm2,
        types: TYPES,
        counts: [4, 1, 42, 6],
        policy: priced,
        service: 'sampled',
      } as const
      const input = replayInput(prepare(question), queriesOf(question, trace, 5))
      const outcome = loadKernel('wasm').replay(input)
      expect(outcome).toEqual(loadKernel('fallback').replay(input))
      expect(outcome.served).toBe(900)
    }
  })

  it('keeps up with a fleet that grows across the switch and shrinks back', () => {
    const dispatcher = createDispatcher({
      workload: rm2,
      types: TYPES,
      counts: [4, 0, 42, 0],
      policy: priced,
    })
    const started = new Set<number>()
    let query = 0
    let nowMs = 0
    const turn = () => {
      for (let n = 0; n < 30; n++) dispatcher.arrive(query++, n % 40, nowMs)
      for (const start of dispatcher.decide(nowMs)) {
        expect(started.has(start.query)).toBe(false)
        started.add(start.query)
      }
      nowMs += 40
      for (let i = 0; i < 60; i++) if (dispatcher.stateOf(i) === 'busy') dispatcher.complete(i, nowMs)
    }
    for (let n = 0; n < 10; n++) {
      expect(dispatcher.join(TYPES[2])).toBe(46 + n)
      turn()
    }
    for (let n = 0; n < 10; n++) {
      dispatcher.leave(45 + n)
      turn()
    }
    while (dispatcher.pending > 0) turnWithoutArrivals()
    expect(started.size).toBe(query)

    function turnWithoutArrivals() {
      for (const start of dispatcher.decide(nowMs)) started.add(start.query)
      nowMs += 400
      for (let i = 0; i < 60; i++) if (dispatcher.stateOf(i) === 'busy') dispatcher.complete(i, nowMs)
    }
  })

  it('refuses to match more than 4,096 instances', () => {
    expect(() => preparePolicy(rm2, TYPES, [0, 0, 4097, 0], policyOf('kairos'))).toThrow(/at most 4096/)
    expect(preparePolicy(rm2, TYPES, [100, 0, 4000, 0], priced).setup.rule.kind).toBe('flow')
  })
})

describe('policyOf', () => {
  it('takes the default, and a threshold with its cut', () => {
    expect(policyOf()).toBe(policyOf('priced'))
    expect(policyOf('threshold:200').name).toBe('threshold:200')
    expect(() => policyOf('threshold:-1')).toThrow('there is no policy "threshold:-1"')
  })
})

describe('priced', () => {
  const pricedFor = (workload: Workload, types: readonly string[], counts: readonly number[]) =>
    ruleOf<PricedRule>('priced', workload, types, counts)

  it('weighs by the geometric mean of price and published coefficient, and charges what is wasted', () => {
    const counts = [2, 0, 9, 0]
    const { meanMs } = contextOf(rm2, TYPES)
    const { weight, reducedCost } = pricedFor(rm2, TYPES, counts)
    // by an independent solver
    const { price } = highsBound(fluidProgram(rm2, TYPES), counts)
    const published = meanMs[99] / meanMs[299]
    expect(weight[0]).toBe(1)
    expect(weight[2]).toBeCloseTo(Math.sqrt((price[2] / price[0]) * published), 9)
    // every bin has a type on which it wastes nothing, and small ones waste something on the base
    for (let k = 0; k < 100; k++) expect(Math.min(reducedCost[k], reducedCost[200 + k])).toBe(0)
    expect(reducedCost[0]).toBeGreaterThan(0)
    expect(reducedCost[299]).toBeGreaterThan(0)
  })

  it('measures what it learns by the means of the quantiles, or by the means where those say nothing', () => {
    const context = contextOf(smallWorkload(), ['fast', 'slow'])
    const typicalOf = (given: PolicyContext) =>
      (policyOf('priced').prepare(given)([1, 1]) as PricedRule).typicalMs
    expect(Array.from(typicalOf(context))).toEqual([1, 2, 10, 4, 20, 400])
    const empty = { ...context, knotsMs: context.knotsMs.map(() => 0) }
    expect(typicalOf(empty)).toEqual(context.meanMs)
  })

  it('has a rule where no routing keeps the percentile, where nothing is there, and for a type at no price', () => {
    const finite = ({ weight, reducedCost }: PricedRule) => [...weight, ...reducedCost].every(Number.isFinite)
    const hopeless = pricedFor({ ...smallWorkload(), qosMs: 3 }, ['fast', 'slow'], [1, 2])
    expect([...hopeless.weight]).toEqual([1, 10 / 400])
    expect(finite(hopeless)).toBe(true)
    expect(finite(pricedFor(smallWorkload(), ['fast', 'slow'], [0, 0]))).toBe(true)
    const surplus = pricedFor(smallWorkload(), ['fast', 'slow'], [1, 500])
    expect(surplus.weight[1]).toBeGreaterThan(0)
  })

  it('has prices for up to 16 types in use, and a rule without prices for more', () => {
    const { latency } = rm2
    const repeated = (table: Float64Array) =>
      Float64Array.from([...table, ...table, ...table, ...table, ...table])
    const types = Array.from({ length: 20 }, (_, t) => `${t}`)
    const many: Workload = {
      ...rm2,
      latency: {
        ...latency,
        types,
        meanMs: repeated(latency.meanMs),
        knotsMs: repeated(latency.knotsMs),
        samples: repeated(latency.samples),
      },
    }
    const context = contextOf(many, types)
    const firstOf = (used: number) => types.map((_, t) => (t < used ? 1 : 0))
    expect([...pricesOf(context, firstOf(16)).price].filter((price) => price > 0)).toHaveLength(16)
    expect([...pricesOf(context, firstOf(17)).price]).toEqual(new Array(20).fill(0))
    const { weight, reducedCost } = ruleOf<PricedRule>('priced', many, types, firstOf(17))
    expect([...weight, ...reducedCost].every(Number.isFinite)).toBe(true)
    expect(Math.max(...weight)).toBe(1)
  })

  it('allows more than the published policy, most where burstable machines serve', async () => {
    const size = { types: TYPES, queries: 4000, repeats: 2, threads: 1 }
    const mean = async (workload: Workload, counts: number[], policy: string) =>
      (await allowableThroughput({ ...size, workload, counts, policy })).mean
    const gain = async (workload: Workload, counts: number[]) =>
      (await mean(workload, counts, 'priced')) / (await mean(workload, counts, 'kairos'))
    expect(await gain(rm2, [1, 1, 10, 0])).toBeGreaterThan(1.03)
    expect(await gain(dien, [2, 0, 6, 3])).toBeGreaterThan(1.25)
  })
})

describe('threshold', () => {
  it('makes its sides as equally busy as it can when instances join and leave', () => {
    const ruleFor = policyOf('threshold').prepare(contextOf(smallWorkload(), ['slow', 'fast']))
    const cutFor = (...counts: number[]) => (ruleFor(counts) as PartitionRule).groupOfBin.indexOf(1)
    // the first cut is that of replays
    cutFor(1, 1)
    // with one of each: 3.5 and 0 ms a query, 3 and 2, 2.5 and 7, or 0 and 107
    expect([cutFor(1, 1), cutFor(9, 1), cutFor(1, 9)]).toEqual([1, 2, 0])
  })

  it('takes the cut of the hill climbing once, and then the one that is found at once', () => {
    const [context, counts] = [contextOf(rm2, TYPES), [2, 0, 9, 0]]
    const ruleFor = policyOf('threshold').prepare(context)
    const cuts = [bestCut, evenCut].map((cut) => partition(context, counts, cut(context, counts)))
    expect(cuts[0]).not.toEqual(cuts[1])
    expect([ruleFor(counts), ruleFor(counts)]).toEqual(cuts)
  })

  it('sends what is above the cut to the fastest type', () => {
    const rule = ruleOf('threshold:10', smallWorkload(), ['slow', 'fast'], [3, 1])
    expect(rule).toEqual({
      kind: 'partition',
      groupOfType: Float64Array.of(0, 1),
      groupOfBin: Float64Array.of(0, 0, 1),
    } satisfies PartitionRule)
  })

  it('has one group where there is one type', () => {
    for (const name of ['threshold', 'threshold:10']) {
      const rule = ruleOf<PartitionRule>(name, smallWorkload(), ['slow', 'fast'], [3, 0])
      expect([...rule.groupOfType, ...rule.groupOfBin]).toEqual([0, 0, 0, 0, 0])
    }
  })

  it('climbs to a cut that allows at least 90% of what others allow, and the same each time', async () => {
    const counts = [2, 0, 9, 0]
    const context = contextOf(rm2, TYPES)
    expect(bestCut(context, counts)).toBe(bestCut(context, counts))
    const allowed = async (policy: string) => {
      const size = { types: TYPES, counts, queries: 3000, repeats: 2, threads: 1 }
      return (await allowableThroughput({ ...size, workload: rm2, policy })).mean
    }
    const found = await allowed('threshold')
    for (const size of [50, 100, 200, 400, 700]) {
      expect(await allowed(`threshold:${size}`)).toBeLessThan(1.1 * found)
    }
  })

  it('refuses a cut that is none', () => {
    expect(() => policyOf('threshold:x')).toThrow('there is no policy "threshold:x"')
  })
})

it.each([[{}], [['priced', 'fcfs']]])('the object %j is refused as a policy', (given) => {
  expect(() => policyOf(given as never)).toThrow(/^policy: is no policy; give the name of one policy/)
})

describe('power-of-two', () => {
  it('draws by one seed', () => {
    const rule = ruleOf('power-of-two', rm2, TYPES, [1, 0, 1, 0])
    expect(rule).toEqual({ kind: 'completion', drawn: 2, seed: 1 } satisfies CompletionRule)
  })
})
