/** What a replay shows over time, in intervals of equal length from the first arrival to the last finish. */
import type { RunOverTime } from '../model/results/over-time.ts'
import type { ServedTrace } from '../model/results/replay.ts'

/** @param intervals how many; 60 by default */
export function runOverTime(run: ServedTrace, intervals = 60): RunOverTime {
  const { arrivalMs, latencyMs, instance, instanceType, types, qosMs } = run
  const from = arrivalMs[0]
  const width = (run.lastFinishMs - from) / intervals
  const queries = new Float64Array(intervals)
  const late = new Float64Array(intervals)
  const busyMs = types.map(() => new Float64Array(intervals))
  const instances = types.map((_, type) => instanceType.reduce((sum, t) => (t === type ? sum + 1 : sum), 0))
  const intervalOf = (ms: number) => Math.min(intervals - 1, Math.floor((ms - from) / width))
  for (let query = 0; query < arrivalMs.length; query++) {
    const arrived = intervalOf(arrivalMs[query])
    queries[arrived]++
    if (latencyMs[query] > qosMs) late[arrived]++
  }
  for (const { query, startMs, finishMs } of startsOf(run)) {
    const busy = busyMs[instanceType[instance[query]]]
    const last = intervalOf(finishMs)
    for (let k = intervalOf(startMs); k <= last; k++) {
      const begin = Math.max(startMs, from + k * width)
      busy[k] += Math.max(0, Math.min(finishMs, from + (k + 1) * width) - begin)
    }
  }
  return {
    policy: run.policy,
    edgesMs: Float64Array.from({ length: intervals + 1 }, (_, k) => from + k * width),
    lateShare: late.map((count, k) => (queries[k] > 0 ? count / queries[k] : 0)),
    utilisation: busyMs.map((busy, t) =>
      busy.map((ms) => (instances[t] > 0 ? Math.min(1, ms / (width * instances[t])) : 0)),
    ),
  }
}

/** A start for each query, or one for all queries of a batch, which ends with the last of them. */
function startsOf({ startMs, finishMs, batch }: ServedTrace) {
  const starts = new Map<number, { query: number; startMs: number; finishMs: number }>()
  startMs.forEach((ms, query) => {
    const number = batch?.[query] ?? query
    const start = starts.get(number)
    if (start) start.finishMs = Math.max(start.finishMs, finishMs[query])
    else starts.set(number, { query, startMs: ms, finishMs: finishMs[query] })
  })
  return starts.values()
}
