import type { DispatcherSetup, KernelDispatcher } from '../dispatch-contract.ts'
import { type Arena, copyF64, createArena, reserveBytes, viewF64, viewI32 } from './arena.ts'
import { RULES, ruleTable } from './rule-table.ts'

/** What assembly/ exports of a dispatcher, its blocks and its rules. */
export interface DispatcherExports {
  dispatcherBytes(): number
  typeSlowdownBytes(types: number): number
  fleetBytes(instances: number): number
  queueBytes(queries: number): number
  ruleBytes(rule: number, types: number, instances: number): number
  createDispatcher(
    dispatcherPtr: number,
    types: number,
    bins: number,
    meanPtr: number,
    rule: number,
    tablePtr: number,
    typicalPtr: number,
    slowdownPtr: number,
  ): void
  layRule(dispatcherPtr: number, instances: number): void
  layFleet(dispatcherPtr: number, fleetPtr: number, instances: number, workPtr: number): void
  layQueue(dispatcherPtr: number, queuePtr: number): void
  join(dispatcherPtr: number, type: number): number
  leave(dispatcherPtr: number, instance: number): void
  setSlowdown(dispatcherPtr: number, instance: number, slowdown: number, nowMs: number): void
  slowdownOf(dispatcherPtr: number, instance: number, nowMs: number): number
  stateOf(dispatcherPtr: number, instance: number): number
  arrive(dispatcherPtr: number, query: number, bin: number, arrivalMs: number): void
  cancel(dispatcherPtr: number, query: number): number
  complete(dispatcherPtr: number, instance: number, nowMs: number): number
  decide(dispatcherPtr: number, nowMs: number): number
}

const STATES = ['gone', 'idle', 'busy'] as const

/** Words at the start of a dispatcher block that the host reads. */
const HEAD_WORDS = 5

/** A dispatcher with an arena of its own: nothing else may be laid there. */
export function createDispatcher(
  kernel: DispatcherExports & { memory: WebAssembly.Memory },
  setup: DispatcherSetup,
): KernelDispatcher {
  const arena = createArena(kernel.memory)
  let fleetRoom = Math.max(16, setup.instanceType.length)
  let queueRoom = 1024
  const laid = layDispatcher(kernel, arena, setup, fleetRoom, queueRoom)
  const { dispatcherPtr, meanPtr, tablePtr, typicalPtr } = laid
  let head: Int32Array
  let startedQuery: Int32Array
  let startedInstance: Int32Array
  const refresh = () => {
    head = viewI32(arena, dispatcherPtr, HEAD_WORDS)
    startedQuery = viewI32(arena, head[3], fleetRoom)
    startedInstance = viewI32(arena, head[4], fleetRoom)
  }
  refresh()
  return {
    get instances() {
      return head[0]
    },
    get idle() {
      return head[1]
    },
    get pending() {
      return head[2]
    },
    get startedQuery() {
      return startedQuery
    },
    get startedInstance() {
      return startedInstance
    },
    arrive(query, bin, arrivalMs) {
      if (head[2] === queueRoom) {
        queueRoom *= 2
        layQueue(kernel, arena, dispatcherPtr, queueRoom)
        refresh()
      }
      kernel.arrive(dispatcherPtr, query, bin, arrivalMs)
    },
    cancel: (query) => kernel.cancel(dispatcherPtr, query) === 1,
    decide: (nowMs) => kernel.decide(dispatcherPtr, nowMs),
    complete: (instance, nowMs) => kernel.complete(dispatcherPtr, instance, nowMs),
    join(type) {
      if (head[0] === fleetRoom) {
        fleetRoom *= 2
        layFleet(kernel, arena, dispatcherPtr, setup, fleetRoom)
        refresh()
      }
      return kernel.join(dispatcherPtr, type)
    },
    leave: (instance) => kernel.leave(dispatcherPtr, instance),
    retune(meanMs, rule) {
      viewF64(arena, meanPtr, meanMs.length).set(meanMs)
      const table = ruleTable(rule)
      viewF64(arena, tablePtr, table.length).set(table)
      if (rule.kind === 'priced') viewF64(arena, typicalPtr, meanMs.length).set(rule.typicalMs)
    },
    setSlowdown: (instance, slowdown, nowMs) => kernel.setSlowdown(dispatcherPtr, instance, slowdown, nowMs),
    slowdownOf: (instance, nowMs) => kernel.slowdownOf(dispatcherPtr, instance, nowMs),
    stateOf: (instance) => STATES[kernel.stateOf(dispatcherPtr, instance)],
  }
}

/** Lays a dispatcher with the instances of its setup; returns its address, and those of its tables. */
export function layDispatcher(
  kernel: DispatcherExports,
  arena: Arena,
  setup: DispatcherSetup,
  instances: number,
  queries: number,
): { dispatcherPtr: number; meanPtr: number; tablePtr: number; typicalPtr: number } {
  const { types, bins, meanMs, instanceType, rule } = setup
  const dispatcherPtr = reserveBytes(arena, kernel.dispatcherBytes())
  const meanPtr = copyF64(arena, meanMs)
  const tablePtr = copyF64(arena, ruleTable(rule))
  const isPriced = rule.kind === 'priced'
  const typicalPtr = isPriced ? copyF64(arena, rule.typicalMs) : 0
  const slowdownPtr =
    isPriced && setup.learns !== false ? reserveBytes(arena, kernel.typeSlowdownBytes(types)) : 0
  const number = RULES[rule.kind]
  kernel.createDispatcher(dispatcherPtr, types, bins, meanPtr, number, tablePtr, typicalPtr, slowdownPtr)
  layFleet(kernel, arena, dispatcherPtr, setup, instances)
  layQueue(kernel, arena, dispatcherPtr, queries)
  for (const type of instanceType) kernel.join(dispatcherPtr, type)
  return { dispatcherPtr, meanPtr, tablePtr, typicalPtr }
}

function layFleet(
  kernel: DispatcherExports,
  arena: Arena,
  dispatcherPtr: number,
  { types, rule }: DispatcherSetup,
  instances: number,
): void {
  const fleetPtr = reserveBytes(arena, kernel.fleetBytes(instances))
  const workPtr = reserveBytes(arena, kernel.ruleBytes(RULES[rule.kind], types, instances))
  kernel.layFleet(dispatcherPtr, fleetPtr, instances, workPtr)
  kernel.layRule(dispatcherPtr, instances)
}

function layQueue(kernel: DispatcherExports, arena: Arena, dispatcherPtr: number, queries: number): void {
  kernel.layQueue(dispatcherPtr, reserveBytes(arena, kernel.queueBytes(queries)))
}
