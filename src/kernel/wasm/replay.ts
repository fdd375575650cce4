import type { ReplayInput, ReplayOutcome } from '../dispatch-contract.ts'
import { type Arena, layBytes, layF64, layI32, resetArena, viewF64, viewI32 } from './arena.ts'
import { type DispatcherExports, layDispatcher } from './dispatcher.ts'

/** The exports of assembly/replay.ts. */
export interface ReplayExports extends DispatcherExports {
  replayBytes(instances: number): number
  replay(
    dispatcherPtr: number,
    queries: number,
    arrivalPtr: number,
    binPtr: number,
    uniformPtr: number,
    levelPtr: number,
    levels: number,
    knotPtr: number,
    qosMs: number,
    limit: number,
    heapPtr: number,
    startPtr: number,
    finishPtr: number,
    instancePtr: number,
    busyPtr: number,
    outPtr: number,
  ): void
}

export function replay(kernel: ReplayExports, arena: Arena, input: ReplayInput): ReplayOutcome {
  const { arrivalMs, bin, sampled, qosMs, stopAfterViolations = Infinity, record } = input
  const queries = arrivalMs.length
  const instances = input.instanceType.length
  resetArena(arena)
  const { dispatcherPtr } = layDispatcher(kernel, arena, input, instances, queries)
  const arrivalPtr = layF64(arena, arrivalMs)
  const binPtr = layI32(arena, bin)
  const uniformPtr = sampled ? layF64(arena, sampled.uniform) : 0
  const levelPtr = sampled ? layF64(arena, sampled.levels) : 0
  const knotPtr = sampled ? layF64(arena, sampled.knotsMs) : 0
  const heapPtr = layBytes(arena, kernel.replayBytes(instances))
  const startPtr = record ? layBytes(arena, 8 * queries) : 0
  const finishPtr = record ? layBytes(arena, 8 * queries) : 0
  const instancePtr = layBytes(arena, 4 * queries)
  const busyPtr = layBytes(arena, 8 * instances)
  const outPtr = layBytes(arena, 8 * 5)
  kernel.replay(
    dispatcherPtr,
    queries,
    arrivalPtr,
    binPtr,
    uniformPtr,
    levelPtr,
    sampled ? sampled.levels.length : 0,
    knotPtr,
    qosMs,
    stopAfterViolations,
    heapPtr,
    startPtr,
    finishPtr,
    instancePtr,
    busyPtr,
    outPtr,
  )
  const [served, violations, decisions, lastFinishMs, stopped] = viewF64(arena, outPtr, 5)
  const recorded = record ? queries : 0
  const startMs = new Float64Array(viewF64(arena, startPtr, recorded))
  const finishMs = new Float64Array(viewF64(arena, finishPtr, recorded))
  const instance = new Int32Array(viewI32(arena, instancePtr, recorded))
  if (served < recorded) {
    instance.forEach((number, query) => {
      if (number >= 0) return
      startMs[query] = NaN
      finishMs[query] = NaN
    })
  }
  return {
    served,
    stopped: stopped === 1,
    violations,
    decisions,
    lastFinishMs,
    busyMs: new Float64Array(viewF64(arena, busyPtr, instances)),
    startMs,
    finishMs,
    instance,
  }
}
