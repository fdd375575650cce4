import type { ReplayInput, ReplayOutcome } from '../dispatch-contract.ts'
import { type Arena, copyF64, copyI32, reserveBytes, resetArena, viewF64, viewI32 } from './arena.ts'
import { type DispatcherExports, layDispatcher } from './dispatcher.ts'

/** The exports of assembly/replay/replay.ts. */
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
  const arrivalPtr = copyF64(arena, arrivalMs)
  const binPtr = copyI32(arena, bin)
  const uniformPtr = sampled ? copyF64(arena, sampled.uniform) : 0
  const levelPtr = sampled ? copyF64(arena, sampled.levels) : 0
  const knotPtr = sampled ? copyF64(arena, sampled.knotsMs) : 0
  const heapPtr = reserveBytes(arena, kernel.replayBytes(instances))
  const startPtr = record ? reserveBytes(arena, 8 * queries) : 0
  const finishPtr = record ? reserveBytes(arena, 8 * queries) : 0
  const instancePtr = reserveBytes(arena, 4 * queries)
  const busyPtr = reserveBytes(arena, 8 * instances)
  const outPtr = reserveBytes(arena, 8 * 5)
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
