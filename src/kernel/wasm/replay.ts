import type { ReplayInput, ReplayOutcome } from '../dispatch-contract.ts'
import {
  type Arena,
  copyF64,
  copyI32,
  readField,
  reserveBytes,
  resetArena,
  viewF64,
  viewI32,
  writeBlock,
} from './arena.ts'
import { Replay } from './layouts/replay.ts'
import { type DispatcherExports, placeDispatcher } from './place-dispatcher.ts'

/** The exports of assembly/replay/. */
export interface ReplayExports extends DispatcherExports {
  replayBytes(instances: number): number
  replay(replayPtr: number): void
}

/** No replay has so many violations. */
const NO_LIMIT = 2 ** 31 - 1

/** Parts of equal length of the time in which queries arrive. For each it is returned how long queries waited in it. */
const QUARTERS = 4

/** The progress and the results of a replay that has not begun. */
const AT_START = {
  arrived: 0,
  inTime: 0,
  quarter: 0,
  since: 0,
  served: 0,
  violations: 0,
  decisions: 0,
  stopped: 0,
  lastStart: 0,
  lastFinish: 0,
  backlog: 0,
  parked: 0,
}

export function replay(kernel: ReplayExports, arena: Arena, input: ReplayInput): ReplayOutcome {
  const { arrivalMs, bin, sampled, qosMs, stopAfterViolations = Infinity, record, sizes, parking } = input
  const queries = arrivalMs.length
  const instances = input.instanceType.length
  resetArena(arena)
  const { dispatcherPtr } = placeDispatcher(kernel, arena, input, instances, queries)
  const perQuery = (bytes: number) => reserveBytes(arena, bytes * queries)
  const block = {
    ...AT_START,
    qos: qosMs,
    limit: Math.min(stopAfterViolations, NO_LIMIT),
    mostParked: parking?.most ?? Infinity,
    dispatcher: dispatcherPtr,
    queries,
    arrivals: copyF64(arena, arrivalMs),
    bins: copyI32(arena, bin),
    sizes: sizes ? copyF64(arena, sizes) : 0,
    volumes: parking ? copyF64(arena, parking.volume) : 0,
    uniforms: sampled ? copyF64(arena, sampled.uniform) : 0,
    levelCount: sampled ? sampled.levels.length : 0,
    levels: sampled ? copyF64(arena, sampled.levels) : 0,
    knots: sampled ? copyF64(arena, sampled.knotsMs) : 0,
    events: reserveBytes(arena, kernel.replayBytes(instances)),
    starts: record ? perQuery(8) : 0,
    finishes: record ? perQuery(8) : 0,
    instances: perQuery(4),
    waited: reserveBytes(arena, 8 * QUARTERS),
    busy: reserveBytes(arena, 8 * instances),
  }
  const replayPtr = writeBlock(arena, Replay, block)
  kernel.replay(replayPtr)
  const field = (name: keyof Replay) => readField(arena, Replay, replayPtr, name)
  const served = field('served')
  const recorded = record ? queries : 0
  const startMs = viewF64(arena, block.starts, recorded).slice()
  const finishMs = viewF64(arena, block.finishes, recorded).slice()
  const instance = viewI32(arena, block.instances, recorded).slice()
  if (served < recorded) {
    instance.forEach((number, query) => {
      if (number >= 0) return
      startMs[query] = NaN
      finishMs[query] = NaN
    })
  }
  return {
    served,
    stopped: field('stopped') === 1,
    violations: field('violations'),
    decisions: field('decisions'),
    lastStartMs: field('lastStart'),
    lastFinishMs: field('lastFinish'),
    ...(sizes && { backlog: field('backlog') }),
    parked: field('parked'),
    waitedMs: viewF64(arena, block.waited, QUARTERS).slice(),
    busyMs: viewF64(arena, block.busy, instances).slice(),
    startMs,
    finishMs,
    instance,
  }
}
