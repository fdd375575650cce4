import type { FlowRule } from '../../rules.ts'
import type { FlowState, Instance, Level, Pair, Query, Scene } from '../scene.ts'
import { levelOf } from './state.ts'

/** The instances of a decision of the flow, by type: when a query may start there, and what starts. */
export interface FlowInstances {
  /** All types, 0 to T - 1. */
  readonly types: readonly number[]
  readonly pairs: readonly Pair[]
  /** Idle instances of a type, in order of numbers. */
  idle(type: number): readonly Instance[]
  /** Whether a type has instances. */
  isThere(type: number): boolean
  /** For how long the k-th instance of a type is busy: idle ones come first, then busy ones, soonest first. */
  leftMs(type: number, k: number): number
  /** Until when a query may start on a type. */
  latestMs(query: Query, type: number, level: Level): number
  /** Whether a query may start on a type when its instance `k` is free. */
  isInTime(query: Query, type: number, level: Level, k: number): boolean
  /** Starts a query on the first idle instance of a type. */
  start(query: Query, type: number): void
}

export function flowInstances(rule: FlowRule, scene: Scene, stretch: Float64Array): FlowInstances {
  const { fleet, bins, meanMs, nowMs, slowdowns } = scene
  const { guardMs, looseGuardMs, qosMs } = rule
  const types = Array.from(rule.weight.keys())
  const pairs: Pair[] = []
  const idle = types.map((t) => fleet.filter(({ type, busy }) => type === t && !busy))
  const finishMs = types.map((t) => {
    const busy = fleet.filter(({ type, busy }) => type === t && busy)
    return busy.map(({ expectedFinishMs }) => expectedFinishMs).sort((a, b) => a - b)
  })
  const leftMs = (type: number, k: number) => {
    if (k < idle[type].length) return 0
    const finish = finishMs[type][k - idle[type].length] ?? Infinity
    return Math.max(0, finish - nowMs)
  }
  const latestMs = ({ arrivalMs, bin }: Query, type: number, level: Level) => {
    const cell = type * bins + bin
    return arrivalMs + qosMs - (level === 0 ? guardMs : looseGuardMs)[cell] * stretch[type]
  }
  return {
    types,
    pairs,
    idle: (type) => idle[type],
    isThere: (type) => idle[type].length + finishMs[type].length > 0,
    leftMs,
    latestMs,
    isInTime: (query, type, level, k) => latestMs(query, type, level) - nowMs >= leftMs(type, k),
    start(query, type) {
      const [instance] = idle[type].splice(0, 1)
      pairs.push({ query, instance })
      const serviceMs = meanMs[type * bins + query.bin] * slowdowns.ofMeans[type] * instance.slowdown
      finishMs[type].push(nowMs + serviceMs)
      finishMs[type].sort((a, b) => a - b)
    },
  }
}

/** Compares queries that are assigned to a type: the one that must start first comes first. */
export function byLatestStart(flow: FlowState, instances: FlowInstances, type: number) {
  const latestMs = (query: Query) => instances.latestMs(query, type, levelOf(flow, query))
  return (a: Query, b: Query) => latestMs(a) - latestMs(b) || a.sequence - b.sequence
}
