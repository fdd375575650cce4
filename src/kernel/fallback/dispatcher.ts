/** The dispatcher in plain TypeScript: it states what the kernel in WebAssembly does. */
import type { DispatcherSetup, KernelDispatcher } from '../dispatch-contract.ts'
import { becomeBusy, joinFleet, positionOf } from './fleet.ts'
import { createFlowState } from './flow/state.ts'
import { createGaps } from './gaps.ts'
import { dequeue, enqueue } from './queue.ts'
import { startsOf } from './rules.ts'
import { type BatchState, type Instance, type Query, serviceOf } from './scene.ts'
import { createSlowdowns } from './slowdown.ts'

export function createDispatcher(setup: DispatcherSetup): KernelDispatcher {
  const { bins, meanMs, instanceType } = setup
  const slowdowns = createSlowdowns(setup)
  const { types } = slowdowns
  let { rule } = setup
  const queue: Query[] = []
  const fleet: Instance[] = []
  const flow = createFlowState()
  const batches: BatchState = { late: new Set(), everLate: 0, everArrived: 0 }
  let sequence = 0
  const gaps = createGaps()
  let startedQuery = new Int32Array()
  let startedInstance = new Int32Array()

  for (const type of instanceType) joinFleet(fleet, type)
  const instanceOf = (number: number) => fleet[positionOf(fleet, number)]
  const lateShare = () => (rule.kind === 'flow' ? rule.lateShare : 0)
  flow.forget(lateShare())

  return {
    get instances() {
      return fleet.length
    },
    get idle() {
      return fleet.filter((instance) => !instance.busy).length
    },
    get pending() {
      return queue.length
    },
    get startedQuery() {
      return startedQuery
    },
    get startedInstance() {
      return startedInstance
    },
    arrive(query, bin, arrivalMs) {
      gaps.learn(sequence, arrivalMs)
      enqueue(queue, { query, bin, arrivalMs, sequence: sequence++ })
      batches.everArrived = sequence
      flow.arrive(lateShare())
    },
    cancel(query) {
      const cancelled = dequeue(queue, query)
      if (cancelled) batches.late.delete(cancelled)
      return cancelled !== undefined
    },
    decide(nowMs) {
      slowdowns.refresh(fleet, nowMs)
      const pairs = startsOf(rule, {
        queue,
        fleet,
        bins,
        meanMs,
        nowMs,
        slowdowns: types,
        flow,
        batches,
        steadyGapMs: gaps.steadyMs(),
      })
      for (const { query, instance, batchBin: bin = query.bin } of pairs) {
        const serviceMs = serviceOf({ bins, meanMs, slowdowns: types }, bin, instance)
        queue.splice(queue.indexOf(query), 1)
        becomeBusy(instance, bin, nowMs, nowMs + serviceMs)
      }
      startedQuery = Int32Array.from(pairs, ({ query }) => query.query)
      startedInstance = Int32Array.from(pairs, ({ instance }) => instance.number)
      return pairs.length
    },
    complete(number, nowMs, served = true) {
      const instance = instanceOf(number)
      const tookMs = nowMs - instance.startMs
      instance.busy = false
      if (served) {
        const cell = instance.type * bins + instance.bin
        const typicalMs = 'typicalMs' in rule ? rule.typicalMs[cell] : meanMs[cell]
        slowdowns.learn(instance, tookMs, meanMs[cell], typicalMs, nowMs)
      }
      return tookMs
    },
    hold(number, nowMs, untilMs) {
      becomeBusy(instanceOf(number), 0, nowMs, untilMs)
    },
    join(type) {
      flow.invalidate()
      return joinFleet(fleet, type)
    },
    leave(number) {
      flow.invalidate()
      fleet.splice(positionOf(fleet, number), 1)
    },
    retune(newRule) {
      const isOther = newRule.kind !== rule.kind
      rule = newRule
      if (isOther) flow.forget(lateShare())
      flow.invalidate()
    },
    setSlowdown(number, slowdown, nowMs) {
      slowdowns.set(instanceOf(number), slowdown, nowMs)
    },
    setAging: (aging) => slowdowns.setAging(aging),
    slowdownOf(number, nowMs) {
      slowdowns.refresh(fleet, nowMs)
      const { type, slowdown } = instanceOf(number)
      return types.ofMeans[type] * slowdown
    },
    stateOf(number) {
      const position = positionOf(fleet, number)
      if (position < 0) return 'gone'
      return fleet[position].busy ? 'busy' : 'idle'
    },
  }
}
