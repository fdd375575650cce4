/** A small dispatcher for tests of rules: two types, two bins. */
import type { DispatcherSetup, KernelDispatcher } from '../../src/kernel/dispatch-contract.ts'
import type { DispatchRule, PricedRule } from '../../src/kernel/rules.ts'

/** One fast type and a slow one, a small bin and a large one; the target is 20 ms. */
export const MEANS = Float64Array.of(2, 8, 4, 32)

export const priced: PricedRule = {
  kind: 'priced',
  weight: Float64Array.of(1, 0.25),
  // a small query wastes 1 on the fast type, a large one nothing on it and 3 on the slow one
  reducedCost: Float64Array.of(1, 0, 0, 3),
  guardMs: Float64Array.of(3, 9, 6, 40),
  looseGuardMs: Float64Array.of(2, 8, 4, 32),
  typicalMs: MEANS,
  longestLateMs: new Float64Array(4).fill(Infinity),
  qosMs: 20,
  looseCost: 100,
  missCost: 200,
  lightLoad: -1,
  lightGapMs: 0,
}

export const fleetOf = (rule: DispatchRule, ...instanceType: number[]): DispatcherSetup => ({
  types: 2,
  bins: 2,
  meanMs: MEANS,
  instanceType: Int32Array.from(instanceType),
  rule,
})

/** What starts: pairs of query and instance. */
export function starts(dispatcher: KernelDispatcher, nowMs: number): number[][] {
  const started = dispatcher.decide(nowMs)
  return Array.from({ length: started }, (_, i) => [
    dispatcher.startedQuery[i],
    dispatcher.startedInstance[i],
  ])
}
