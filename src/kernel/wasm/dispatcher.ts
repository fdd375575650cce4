import { MAX_BATCH_QUERIES } from '../../model/batching.ts'
import type { DispatcherSetup, KernelDispatcher } from '../dispatch-contract.ts'
import type { DispatchRule } from '../rules.ts'
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
import { BATCH_SPACE, copyRule, FLOW_SPACE, RULES, type RuleTable, rewriteRule } from './rule-table.ts'

/** What assembly/ exports of a dispatcher. */
export interface DispatcherExports {
  dispatcherBytes(): number
  typeSlowdownBytes(types: number): number
  fleetBytes(instances: number): number
  queueBytes(queries: number): number
  queueNodesBytes(queries: number): number
  workBytes(space: number, types: number, bins: number, instances: number): number
  createDispatcher(dispatcherPtr: number, argumentsPtr: number): void
  growFleet(dispatcherPtr: number, arraysPtr: number, instances: number, workPtr: number): void
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
  const { dispatcherPtr, ...placed } = placeDispatcher(kernel, arena, setup, fleetRoom, queueRoom)
  let { kind } = setup.rule
  /** Every rule that has decided keeps its memory, so that a fleet may go back and forth between two. */
  const tables = new Map([[kind, placed.table]])
  const works = new Map([[kind, { room: fleetRoom, address: placed.workPtr }]])
  let nodes = { room: queueRoom, address: placed.nodesPtr }
  const nodesFor = (rule: RuleKind) => {
    if (RULES[rule].space !== FLOW_SPACE) return 0
    if (nodes.address === 0 || nodes.room !== queueRoom) {
      nodes = { room: queueRoom, address: reserveNodes(kernel, arena, rule, queueRoom) }
    }
    return nodes.address
  }
  const workFor = (rule: RuleKind) => {
    const known = works.get(rule)
    if (known?.room === fleetRoom) return known.address
    const address = reserveWork(kernel, arena, setup, rule, fleetRoom)
    works.set(rule, { room: fleetRoom, address })
    return address
  }
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
        const slotsPtr = reserveBytes(arena, kernel.queueBytes(queueRoom))
        kernel.growQueue(dispatcherPtr, slotsPtr, nodesFor(kind), queueRoom)
        refresh()
      }
      kernel.arrive(dispatcherPtr, query, bin, arrivalMs)
    },
    cancel: (query) => kernel.cancel(dispatcherPtr, query) === 1,
    decide: (nowMs) => kernel.decide(dispatcherPtr, nowMs),
    complete: (instance, nowMs, served = true) =>
      kernel.complete(dispatcherPtr, instance, nowMs, served ? 1 : 0),
    hold: (instance, nowMs, untilMs) => kernel.hold(dispatcherPtr, instance, nowMs, untilMs),
    join(type) {
      if (field('instances') === fleetRoom) {
        fleetRoom *= 2
        const arraysPtr = reserveBytes(arena, kernel.fleetBytes(fleetRoom))
        kernel.growFleet(dispatcherPtr, arraysPtr, fleetRoom, workFor(kind))
        refresh()
      }
      return kernel.join(dispatcherPtr, type)
    },
    leave: (instance) => kernel.leave(dispatcherPtr, instance),
    retune(rule) {
      kind = rule.kind
      const table = tables.get(kind) ?? copyRule(arena, rule, setup.meanMs)
      tables.set(kind, table)
      rewriteRule(arena, rule, setup.meanMs, table)
      const { number, space } = RULES[kind]
      retunePtr ||= reserveBlock(arena, RetuneArguments)
      const tuned = {
        rule: number,
        space,
        table: table.address,
        typical: typicalOf(table),
        work: workFor(kind),
        instances: fleetRoom,
        nodes: nodesFor(kind),
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

/** Where a dispatcher lies, and what the host may overwrite of it. */
interface PlacedDispatcher {
  readonly dispatcherPtr: number
  readonly table: RuleTable
  readonly workPtr: number
  readonly nodesPtr: number
}

type RuleKind = DispatchRule['kind']

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
  const table = copyRule(arena, rule, meanMs)
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
  const workPtr = reserveWork(kernel, arena, setup, rule.kind, instances)
  kernel.growFleet(dispatcherPtr, reserveBytes(arena, kernel.fleetBytes(instances)), instances, workPtr)
  const nodesPtr = reserveNodes(kernel, arena, rule.kind, queries)
  kernel.growQueue(dispatcherPtr, reserveBytes(arena, kernel.queueBytes(queries)), nodesPtr, queries)
  for (const type of instanceType) kernel.join(dispatcherPtr, type)
  return { dispatcherPtr, table, workPtr, nodesPtr }
}

function typicalOf({ arrays }: RuleTable): number {
  return arrays.get('typicalMs') ?? 0
}

function reserveWork(
  kernel: DispatcherExports,
  arena: Arena,
  { types, bins }: DispatcherSetup,
  rule: RuleKind,
  instances: number,
): number {
  return reserveBytes(arena, kernel.workBytes(RULES[rule].space, types, bins, instances))
}

/** 0 where the rule keeps no nodes. */
function reserveNodes(kernel: DispatcherExports, arena: Arena, rule: RuleKind, queries: number): number {
  return RULES[rule].space === FLOW_SPACE ? reserveBytes(arena, kernel.queueNodesBytes(queries)) : 0
}
