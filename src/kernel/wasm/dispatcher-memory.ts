import { MAX_BATCH_QUERIES } from '../../model/workload/batching.ts'
import type { DispatcherSetup } from '../dispatch-contract.ts'
import type { DispatchRule } from '../rules.ts'
import { type Arena, readField, reserveBlock, reserveBytes, viewI32 } from './arena.ts'
import { Dispatcher, RetuneArguments } from './layouts/dispatcher.ts'
import { type DispatcherExports, placeDispatcher, typicalOf } from './place-dispatcher.ts'
import { isMatching, type RuleKind } from './rule-memory.ts'
import { BATCH_SPACE, RULES } from './rule-table.ts'

/** The least room for instances, and the room for queries at the start. Each doubles where it is too small. */
const FIRST_INSTANCES = 16
const FIRST_QUERIES = 1024

/** The memory of a dispatcher whose queue and fleet grow. */
interface DispatcherMemory {
  readonly dispatcherPtr: number
  /** What the last decision started; views of memory, renewed when it grows. */
  readonly startedQuery: Int32Array
  readonly startedInstance: Int32Array
  /** A field of the dispatcher. */
  field(name: keyof Dispatcher): number
  /** Makes room for one more pending query. */
  growQueue(): void
  /** Makes room for one more instance. */
  growFleet(): void
  /** Makes room for a decision on the present instances. */
  growWork(): void
  /** Gives the dispatcher another rule, or other numbers of the same one. */
  retune(rule: DispatchRule): void
}

/** Creates a dispatcher in an arena of its own: nothing else may be reserved there. */
export function createDispatcherMemory(
  kernel: DispatcherExports,
  arena: Arena,
  setup: DispatcherSetup,
): DispatcherMemory {
  let fleetRoom = Math.max(FIRST_INSTANCES, setup.instanceType.length)
  let queueRoom = FIRST_QUERIES
  const { dispatcherPtr, memory, ...placed } = placeDispatcher(kernel, arena, setup, fleetRoom, queueRoom)
  let { kind } = setup.rule
  let { work } = placed
  let retunePtr = 0
  const field = (name: keyof Dispatcher) => readField(arena, Dispatcher, dispatcherPtr, name)
  /** The work space of a matching has room for the present instances, not for `fleetRoom`: it grows with the square. */
  const roomFor = (rule: RuleKind) =>
    isMatching(rule) ? Math.max(FIRST_INSTANCES, powerOfTwo(field('instances'))) : fleetRoom
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
    dispatcherPtr,
    get startedQuery() {
      return startedQuery
    },
    get startedInstance() {
      return startedInstance
    },
    field,
    growQueue() {
      if (field('pending') < queueRoom) return
      const room = 2 * queueRoom
      const slotsPtr = reserve(kernel.queueBytes(room))
      const nodesPtr = memory.nodes(kind, room)
      // nothing is in use yet if there is no memory for one of them
      queueRoom = room
      kernel.growQueue(dispatcherPtr, slotsPtr, nodesPtr, room)
      refresh()
    },
    growFleet() {
      if (field('instances') < fleetRoom) return
      const room = 2 * fleetRoom
      const arraysPtr = reserve(kernel.fleetBytes(room))
      if (!isMatching(kind)) work = memory.work(kind, room)
      fleetRoom = room
      kernel.growFleet(dispatcherPtr, arraysPtr, room)
      if (!isMatching(kind)) kernel.growWork(dispatcherPtr, work.address, room)
      refresh()
    },
    growWork() {
      // that of other rules grows with the fleet
      if (!isMatching(kind) || field('instances') <= work.room) return
      work = memory.work(kind, roomFor(kind))
      kernel.growWork(dispatcherPtr, work.address, work.room)
      refresh()
    },
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
  }
}

/** The smallest power of two from a number on. */
function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least))
}
