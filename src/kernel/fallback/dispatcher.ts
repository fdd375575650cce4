/** The dispatcher in plain TypeScript: it states what the kernel in WebAssembly does. */
import type { DispatcherSetup, KernelDispatcher } from '../dispatch-contract.ts'
import { createFlowState } from './flow/state.ts'
import { createGaps } from './gaps.ts'
import { startsOf } from './rules.ts'
import { type BatchState, type Instance, type Query, serviceOf } from './scene.ts'
import { createSlowdowns } from './slowdown.ts'

export function createDispatcher(setup: DispatcherSetup): KernelDispatcher {
  const { bins, meanMs, instanceType } = setup
  const slowdowns = createSlowdowns(setup)
  const { types } = slowdowns
  let { rule } = setup
  /** In order of arrival. */
  const queue: Query[] = []
  /** In order of numbers. */
  const fleet: Instance[] = []
  const flow = createFlowState()
  const batches: BatchState = { late: new Set(), everLate: 0, everArrived: 0 }
  let sequence = 0
  const gaps = createGaps()
  let startedQuery = new Int32Array()
  let startedInstance = new Int32Array()

  const find = (number: number) => fleet.findIndex((instance) => instance.number === number)

  const join = (type: number): number => {
    flow.invalidate()
    let number = 0
    while (number < fleet.length && fleet[number].number === number) number++
    const idle = { busy: false, startMs: 0, expectedFinishMs: 0, bin: 0 }
    fleet.splice(number, 0, { number, type, slowdown: 1, ...idle })
    return number
  }
  instanceType.forEach(join)
  const lateShare = () => (rule.kind === 'flow' ? rule.lateShare : 0)
  flow.forget(lateShare())

  return {
    join,
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
      let at = queue.length
      while (at > 0 && queue[at - 1].arrivalMs > arrivalMs) at--
      queue.splice(at, 0, { query, bin, arrivalMs, sequence: sequence++ })
      batches.everArrived = sequence
      flow.arrive(lateShare())
    },
    cancel(query) {
      const at = queue.findIndex((pending) => pending.query === query)
      if (at >= 0) batches.late.delete(queue.splice(at, 1)[0])
      return at >= 0
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
        instance.busy = true
        instance.startMs = nowMs
        instance.bin = bin
        instance.expectedFinishMs = nowMs + serviceMs
      }
      startedQuery = Int32Array.from(pairs, ({ query }) => query.query)
      startedInstance = Int32Array.from(pairs, ({ instance }) => instance.number)
      return pairs.length
    },
    complete(number, nowMs, served = true) {
      const instance = fleet[find(number)]
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
      const held = { busy: true, startMs: nowMs, expectedFinishMs: untilMs, bin: 0 }
      Object.assign(fleet[find(number)], held)
    },
    leave(number) {
      flow.invalidate()
      fleet.splice(find(number), 1)
    },
    retune(newRule) {
      const isOther = newRule.kind !== rule.kind
      rule = newRule
      if (isOther) flow.forget(lateShare())
      flow.invalidate()
    },
    setSlowdown(number, slowdown, nowMs) {
      slowdowns.set(fleet[find(number)], slowdown, nowMs)
    },
    setAging: (aging) => slowdowns.setAging(aging),
    slowdownOf(number, nowMs) {
      slowdowns.refresh(fleet, nowMs)
      const { type, slowdown } = fleet[find(number)]
      return types.ofMeans[type] * slowdown
    },
    stateOf(number) {
      const instance = fleet[find(number)]
      if (!instance) return 'gone'
      return instance.busy ? 'busy' : 'idle'
    },
  }
}
