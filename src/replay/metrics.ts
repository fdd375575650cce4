import {
  checkColumns,
  checkGiven,
  checkNames,
  checkWhole,
  type OptionNames,
  valueText,
} from '../model/checks.ts'
import { refuseModel } from '../model/errors.ts'
import { allowedViolations, fewestQueries, summarise } from '../model/results/latencies.ts'
import type { RangeShare, Replay, ReplayMetrics } from '../model/results/replay.ts'
import { backlogLimit } from './drain.ts'
import { queueOverTime, verdictOf } from './queue.ts'

/** Options of `metricsOf`. */
export interface MetricsOptions {
  /**
   * The most ranges of batch sizes, up to the largest that occurs; 10 by default. They have the same width, a whole
   * number unless the largest size is below 1.
   */
  readonly ranges?: number | undefined
  /** Intervals of the queue over time; 60 by default. */
  readonly intervals?: number | undefined
}

const OPTIONS: OptionNames<MetricsOptions> = { ranges: true, intervals: true }

/** The most ranges or intervals: more than a reader or a picture can tell apart. */
const MOST_PARTS = 100_000

/**
 * Summarises a replay.
 *
 * @throws KairosError BAD_USAGE for an unknown option, or no whole number from 1; BAD_MODEL for what is no replay
 */
export function metricsOf(replay: Replay, options: MetricsOptions = {}): ReplayMetrics {
  checkGiven(options, OPTIONS)
  const { ranges = 10, intervals = 60 } = options
  checkWhole('ranges', ranges, 1, MOST_PARTS)
  checkWhole('intervals', intervals, 1, MOST_PARTS)
  checkReplay(replay)
  const { arrivalMs, startMs, latencyMs, violations, percentile, lastFinishMs } = replay
  const queries = arrivalMs.length
  const spanMs = lastFinishMs - arrivalMs[0]
  const verdict = verdictOf(arrivalMs, startMs, replay.instanceType.length)
  return {
    policy: replay.policy,
    queries,
    violations,
    withinQos: violations <= allowedViolations(queries, percentile),
    throughput: (1000 * queries) / spanMs,
    latencyMs: summarise(latencyMs),
    decisions: replay.decisions,
    utilisation: replay.types.map((_, type) => utilisationOf(replay, type, spanMs)),
    byBatchSize: sharesOf(replay, ranges),
    queue: queueOverTime(arrivalMs, startMs, arrivalMs[0], lastFinishMs, intervals),
    verdict: verdict === 'stable' && isStarving(replay) ? 'backlogged' : verdict,
    tooFewQueries: queries < fewestQueries(percentile),
  }
}

/** Checks what the figures are computed from: a replay may come from a program that has changed it. */
function checkReplay(replay: Replay): void {
  const cure = 'what replay() returns is expected'
  const byQuery = {
    arrivalMs: 'Float64Array',
    batchSize: 'Float64Array',
    startMs: 'Float64Array',
    latencyMs: 'Float64Array',
    instance: 'Int32Array',
  } as const
  checkColumns('replay', replay, byQuery, cure)
  checkColumns('replay', replay, { instanceType: 'Int32Array', busyMs: 'Float64Array' }, cure)
  checkNames('replay.types', replay.types)
  for (const name of ['qosMs', 'percentile', 'violations', 'decisions', 'lastFinishMs'] as const) {
    const value = replay[name]
    if (!(Number.isFinite(value) && value >= 0)) refuseModel(`replay.${name}`, `is ${valueText(value)}`, cure)
  }
}

/** With batches, where queries may be given up: whether more items wait after the last arrival than may. */
function isStarving({ formsBatches, batchSize, arrivalMs, startMs, qosMs }: Replay): boolean {
  if (formsBatches === undefined) return false
  const lastMs = arrivalMs[arrivalMs.length - 1]
  const size = batchSize.reduce((sum, items) => sum + items, 0)
  const backlog = batchSize.reduce((sum, items, query) => (startMs[query] > lastMs ? sum + items : sum), 0)
  return backlog > backlogLimit(size, lastMs - arrivalMs[0], qosMs)
}

/** The share of the time of all slots of a type. */
function utilisationOf({ instanceType, busyMs }: Replay, type: number, spanMs: number): number {
  const slots = instanceType.reduce((count, of) => (of === type ? count + 1 : count), 0)
  if (slots === 0) return 0
  const busy = busyMs.reduce((sum, ms, instance) => (instanceType[instance] === type ? sum + ms : sum), 0)
  // the sum may be a rounding error more than the time that there was
  return Math.min(1, busy / (slots * spanMs))
}

function sharesOf({ types, batchSize, instance, instanceType }: Replay, most: number): RangeShare[] {
  const largest = batchSize.reduce((high, size) => Math.max(high, size), 0)
  // sizes are whole numbers of items, and so are the limits between them
  const width = largest >= 1 ? Math.ceil(largest / most) : largest / most
  const ranges = Math.min(most, Math.ceil(largest / width))
  const served = new Float64Array(ranges * types.length)
  for (let query = 0; query < batchSize.length; query++) {
    const range = Math.min(Math.ceil(batchSize[query] / width), ranges) - 1
    served[range * types.length + instanceType[instance[query]]]++
  }
  return Array.from({ length: ranges }, (_, range) => {
    const byType = Array.from(served.subarray(range * types.length, (range + 1) * types.length))
    const queries = byType.reduce((sum, count) => sum + count, 0)
    const share = byType.map((count) => (queries > 0 ? count / queries : 0))
    return { above: range * width, upTo: Math.min((range + 1) * width, largest), queries, share }
  })
}
