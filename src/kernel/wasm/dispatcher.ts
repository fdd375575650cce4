import { MAX_BATCH_QUERIES } from '../../model/workload/batching.ts'
import type { DispatcherSetup, KernelDispatcher } from '../dispatch-contract.ts'
import {
  type Arena,
  copyF64,
  createArena,
  readField,
  reserveBlock,
  reserveBytes,
  viewI32,
  writeBlock,
} from './arena.ts'
import { Dispatcher, DispatcherArguments, RetuneArguments } from './layouts/dispatcher.ts'
import {
  createRuleMemory,
  isMatching,
  type RuleExports,
  type RuleKind,
  type RuleMemory,
  type Work,
} from './rule-memory.ts'
import { BATCH_SPACE, RULES, type RuleTable } from './rule-table.ts'

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

const STATES = ['gone', 'idle', 'busy'] as const

/** The least room for instances, and the room for queries at the start. Each doubles where it is too small. */
const FIRST_INSTANCES = 16
const FIRST_QUERIES = 1024

/** The numbers of `learns` in assembly/dispatch/slowdown.ts. */
const LEARNS = { nothing: 0, types: 1, instances: 2 } as const

/** A dispatcher with an arena of its own: nothing else may be reserved there. */
export function createDispatcher(
  kernel: DispatcherExports & { memory: WebAssembly.Memory },
  setup: DispatcherSetup,
): KernelDispatcher {
  const arena = createArena(kernel.memory)
  let fleetRoom = Math.max(FIRST_INSTANCES, setup.instanceType.length)
  let queueRoom = FIRST_QUERIES
  const { dispatcherPtr, memory, ...placed } = placeDispatcher(kernel, arena, setup, fleetRoom, queueRoom)
  let { kind } = setup.rule
  let { work } = placed
  /** The work space of a matching has room for the present instances, not for `fleetRoom`: it grows with the square. */
  const roomFor = (rule: RuleKind) =>
    isMatching(rule) ? Math.max(FIRST_INSTANCES, powerOfTwo(field('instances'))) : fleetRoom
  let retunePtr = 0
  const field = (name: keyof Dispatcher) => readField(arena, Dispatcher, dispatcherPtr, name)
  let startedQuery: Int32Array
  let startedInstance: Int32Array
  const refresh = () => {
    const room = RULES[kind].space === BATCH_SPACE ? MAX_BATCH_QUERIES * fleetRoom : fleetRoom
    startedQuery = viewI32(arena, field('startedQuery'), room)
    startedInstance = viewI32(arena, field('startedInstance'), room)
  }
  refresh()
  /** Reserves memory, which may grow, so that the views stay right although a later reservation fails. */
  const reserve = (bytes: number) => {
    const address = reserveBytes(arena, bytes)
    refresh()
    return address
  }
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
        const room = 2 * queueRoom
        const slotsPtr = reserve(kernel.queueBytes(room))
        const nodesPtr = memory.nodes(kind, room)
        // nothing is in use yet if there is no memory for one of them
        queueRoom = room
        kernel.growQueue(dispatcherPtr, slotsPtr, nodesPtr, room)
        refresh()
      }
      kernel.arrive(dispatcherPtr, query, bin, arrivalMs)
    },
    cancel: (query) => kernel.cancel(dispatcherPtr, query) === 1,
    decide(nowMs) {
      if (isMatching(kind) && field('instances') > work.room) {
        work = memory.work(kind, roomFor(kind))
        kernel.growWork(dispatcherPtr, work.address, work.room)
        refresh()
      }
      return kernel.decide(dispatcherPtr, nowMs)
    },
    complete: (instance, nowMs, served = true) =>
      kernel.complete(dispatcherPtr, instance, nowMs, served ? 1 : 0),
    hold: (instance, nowMs, untilMs) => kernel.hold(dispatcherPtr, instance, nowMs, untilMs),
    join(type) {
      if (field('instances') === fleetRoom) {
        const room = 2 * fleetRoom
        const arraysPtr = reserve(kernel.fleetBytes(room))
        if (!isMatching(kind)) work = memory.work(kind, room)
        fleetRoom = room
        kernel.growFleet(dispatcherPtr, arraysPtr, room)
        if (!isMatching(kind)) kernel.growWork(dispatcherPtr, work.address, room)
        refresh()
      }
      return kernel.join(dispatcherPtr, type)
    },
    leave: (instance) => kernel.leave(dispatcherPtr, instance),
    retune(rule) {
      const table = memory.table(rule)
      const { number, space } = RULES[rule.kind]
      retunePtr ||= reserveBlock(arena, RetuneArguments)
      refresh()
      // a rule that goes on keeps its work space
      const next = rule.kind === kind ? work : memory.work(rule.kind, roomFor(rule.kind))
      const nodesPtr = memory.nodes(rule.kind, queueRoom)
      kind = rule.kind
      work = next
      const tuned = {
        rule: number,
        space,
        table: table.address,
        typical: typicalOf(table),
        work: work.address,
        instances: work.room,
        nodes: nodesPtr,
        queries: queueRoom,
      }
      RetuneArguments.write(arena.view, retunePtr, tuned)
      kernel.retune(dispatcherPtr, retunePtr)
      refresh()
    },
    setSlowdown: (instance, slowdown, nowMs) => kernel.setSlowdown(dispatcherPtr, instance, slowdown, nowMs),
    slowdownOf: (instance, nowMs) => kernel.slowdownOf(dispatcherPtr, instance, nowMs),
    setAging: (aging) => kernel.setAging(dispatcherPtr, aging),
    stateOf: (instance) => STATES[kernel.stateOf(dispatcherPtr, instance)],
  }
}

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

/** The smallest power of two from a number on. */
function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least))
}

function typicalOf({ arrays }: RuleTable): number {
  return arrays.get('typicalMs') ?? 0
}
