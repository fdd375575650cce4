import type { Replay } from '../../model/results/replay.ts'
import { rateOf, type Trace } from '../../model/trace/trace.ts'
import { metricsOf } from '../../replay/metrics.ts'
import { runOverTime } from '../../replay/over-time.ts'
import type { ReplayAnswer } from '../../report/page/measure-page.ts'
import { latencyCurve } from '../../report/plots/replay-plot.ts'

/** Live runs of one trace as a page shows replays: one row per policy. @param runs one at least */
export function liveAnswer(runs: readonly Replay[], trace: Trace, seed: number): ReplayAnswer {
  const { model, qosMs, percentile, types, counts, slots, service } = runs[0]
  const rate = rateOf(trace)
  return {
    results: {
      ...{ model, qosMs, percentile, types, counts, service, seed, ...(slots && { slots }) },
      rate: Number.isNaN(rate) ? null : rate,
      rows: runs.map((run) => metricsOf(run)),
    },
    curves: runs.map(latencyCurve),
    overTime: runs.map((run) => runOverTime(run)),
  }
}
