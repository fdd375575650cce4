import type { DispatcherSetup } from '../dispatch-contract.ts'
import { type Arena, copyF64, reserveBytes, writeBlock } from './arena.ts'
import { DispatcherArguments } from './layouts/dispatcher.ts'
import { createRuleMemory, type RuleExports, type RuleMemory, type Work } from './rule-memory.ts'
import { RULES, type RuleTable } from './rule-table.ts'

/** What assembly/ exports of a dispatcher. */
export interface DispatcherExports extends RuleExports {
  dispatcherBytes(): number
  typeSlowdownBytes(types: number): number
  fleetBytes(instances: number): number
  queueBytes(queries: number): number
  createDispatcher(dispatcherPtr: number, argumentsPtr: number): void
  growFleet(dispatcherPtr: number, arraysPtr: number, instances: number): void
  growWork(dispatcherPtr: number, workPtr: number, instances: number): void
  growQueue(dispatcherPtr: number, slotsPtr: number, nodesPtr: number, queries: number): void
  retune(dispatcherPtr: number, argumentsPtr: number): void
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
  hold(dispatcherPtr: number, instance: number, nowMs: number, untilMs: number): void
}

/** The numbers of `learns` in assembly/dispatch/slowdown.ts. */
const LEARNS = { nothing: 0, types: 1, instances: 2 } as const

/** Where a dispatcher lies, and the memory of its rules. */
interface PlacedDispatcher {
  readonly dispatcherPtr: number
  readonly memory: RuleMemory
  readonly work: Work
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
  const memory = createRuleMemory(kernel, arena, setup)
  const table = memory.table(rule)
  const typical = typicalOf(table)
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
  const work = memory.work(rule.kind, instances)
  kernel.growFleet(dispatcherPtr, reserveBytes(arena, kernel.fleetBytes(instances)), instances)
  kernel.growWork(dispatcherPtr, work.address, instances)
  const nodesPtr = memory.nodes(rule.kind, queries)
  kernel.growQueue(dispatcherPtr, reserveBytes(arena, kernel.queueBytes(queries)), nodesPtr, queries)
  for (const type of instanceType) kernel.join(dispatcherPtr, type)
  return { dispatcherPtr, memory, work }
}

/** The means of quantiles of a rule, 0 where it has none. */
export function typicalOf({ arrays }: RuleTable): number {
  return arrays.get('typicalMs') ?? 0
}
