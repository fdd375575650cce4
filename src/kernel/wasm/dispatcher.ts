import type { DispatcherSetup, KernelDispatcher } from '../dispatch-contract.ts'
import { type Arena, copyF64, createArena, readField, reserveBytes, viewI32, writeBlock } from './arena.ts'
import { Dispatcher, DispatcherArguments } from './layouts/dispatcher.ts'
import { copyRule, RULES, type RuleTable, rewriteRule } from './rule-table.ts'

/** What assembly/ exports of a dispatcher. */
export interface DispatcherExports {
  dispatcherBytes(): number
  typeSlowdownBytes(types: number): number
  fleetBytes(instances: number): number
  queueBytes(queries: number): number
  workBytes(space: number, instances: number): number
  createDispatcher(dispatcherPtr: number, argumentsPtr: number): void
  growFleet(dispatcherPtr: number, arraysPtr: number, instances: number, workPtr: number): void
  growQueue(dispatcherPtr: number, slotsPtr: number): void
  join(dispatcherPtr: number, type: number): number
  leave(dispatcherPtr: number, instance: number): void
  setSlowdown(dispatcherPtr: number, instance: number, slowdown: number, nowMs: number): void
  slowdownOf(dispatcherPtr: number, instance: number, nowMs: number): number
  setAging(dispatcherPtr: number, aging: number): void
  stateOf(dispatcherPtr: number, instance: number): number
  arrive(dispatcherPtr: number, query: number, bin: number, arrivalMs: number): void
  cancel(dispatcherPtr: number, query: number): number
  complete(dispatcherPtr: number, instance: number, nowMs: number, served: number): number
  decide(dispatcherPtr: number, nowMs: number): number
}

const STATES = ['gone', 'idle', 'busy'] as const

/** The numbers of `learns` in assembly/dispatch/slowdown.ts. */
const LEARNS = { nothing: 0, types: 1, instances: 2 } as const

/** A dispatcher with an arena of its own: nothing else may be reserved there. */
export function createDispatcher(
  kernel: DispatcherExports & { memory: WebAssembly.Memory },
  setup: DispatcherSetup,
): KernelDispatcher {
  const arena = createArena(kernel.memory)
  let fleetRoom = Math.max(16, setup.instanceType.length)
  let queueRoom = 1024
  const { dispatcherPtr, table } = placeDispatcher(kernel, arena, setup, fleetRoom, queueRoom)
  const field = (name: keyof Dispatcher) => readField(arena, Dispatcher, dispatcherPtr, name)
  let startedQuery: Int32Array
  let startedInstance: Int32Array
  const refresh = () => {
    startedQuery = viewI32(arena, field('startedQuery'), fleetRoom)
    startedInstance = viewI32(arena, field('startedInstance'), fleetRoom)
  }
  refresh()
  return {
    get instances() {
      return field('instances')
    },
    get idle() {
      return field('idle')
    },
    get pending() {
      return field('pending')
    },
    get startedQuery() {
      return startedQuery
    },
    get startedInstance() {
      return startedInstance
    },
    arrive(query, bin, arrivalMs) {
      if (field('pending') === queueRoom) {
        queueRoom *= 2
        kernel.growQueue(dispatcherPtr, reserveBytes(arena, kernel.queueBytes(queueRoom)))
        refresh()
      }
      kernel.arrive(dispatcherPtr, query, bin, arrivalMs)
    },
    cancel: (query) => kernel.cancel(dispatcherPtr, query) === 1,
    decide: (nowMs) => kernel.decide(dispatcherPtr, nowMs),
    complete: (instance, nowMs, served = true) =>
      kernel.complete(dispatcherPtr, instance, nowMs, served ? 1 : 0),
    join(type) {
      if (field('instances') === fleetRoom) {
        fleetRoom *= 2
        growFleet(kernel, arena, dispatcherPtr, setup, fleetRoom)
        refresh()
      }
      return kernel.join(dispatcherPtr, type)
    },
    leave: (instance) => kernel.leave(dispatcherPtr, instance),
    retune: (rule) => rewriteRule(arena, rule, table),
    setSlowdown: (instance, slowdown, nowMs) => kernel.setSlowdown(dispatcherPtr, instance, slowdown, nowMs),
    slowdownOf: (instance, nowMs) => kernel.slowdownOf(dispatcherPtr, instance, nowMs),
    setAging: (aging) => kernel.setAging(dispatcherPtr, aging),
    stateOf: (instance) => STATES[kernel.stateOf(dispatcherPtr, instance)],
  }
}

/** Where a dispatcher lies, and what the host may overwrite of it. */
interface PlacedDispatcher {
  readonly dispatcherPtr: number
  readonly table: RuleTable
}

/** Creates a dispatcher with the instances of its setup in an arena. */
export function placeDispatcher(
  kernel: DispatcherExports,
  arena: Arena,
  setup: DispatcherSetup,
  instances: number,
  queries: number,
): PlacedDispatcher {
  const { types, bins, meanMs, instanceType, rule, learns = 'types' } = setup
  const dispatcherPtr = reserveBytes(arena, kernel.dispatcherBytes())
  const table = copyRule(arena, rule)
  const typical = table.arrays.get('typicalMs') ?? 0
  const { number, space } = RULES[rule.kind]
  const argumentsPtr = writeBlock(arena, DispatcherArguments, {
    mean: copyF64(arena, meanMs),
    typical,
    table: table.address,
    slowdowns: reserveBytes(arena, kernel.typeSlowdownBytes(types)),
    types,
    bins,
    rule: number,
    space,
    // without quantiles there is nothing to learn of types
    learns: learns === 'types' && typical === 0 ? LEARNS.nothing : LEARNS[learns],
  })
  kernel.createDispatcher(dispatcherPtr, argumentsPtr)
  growFleet(kernel, arena, dispatcherPtr, setup, instances)
  kernel.growQueue(dispatcherPtr, reserveBytes(arena, kernel.queueBytes(queries)))
  for (const type of instanceType) kernel.join(dispatcherPtr, type)
  return { dispatcherPtr, table }
}

function growFleet(
  kernel: DispatcherExports,
  arena: Arena,
  dispatcherPtr: number,
  { rule }: DispatcherSetup,
  instances: number,
): void {
  const arraysPtr = reserveBytes(arena, kernel.fleetBytes(instances))
  const workPtr = reserveBytes(arena, kernel.workBytes(RULES[rule.kind].space, instances))
  kernel.growFleet(dispatcherPtr, arraysPtr, instances, workPtr)
}
