import { instancesOf } from '../../model/fleet/configuration.ts'
import { summarise } from '../../model/results/latencies.ts'
import type { LiveRun, LiveRunFigures, LiveRunSummary } from '../../model/results/live-run.ts'
import type { Replay } from '../../model/results/replay.ts'
import type { Trace } from '../../model/trace/trace.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { metricsOf } from '../../replay/metrics.ts'
import { replay } from '../../replay/replay.ts'
import type { FleetConfiguration } from '../input/configuration.ts'

/** What was run, and what its summary contains. */
interface SummarisedRun {
  readonly workload: Workload
  readonly configuration: FleetConfiguration
  readonly trace: Trace
  /** Dollars per hour, by type; the cost of a run is left out where one is missing. */
  readonly prices: ReadonlyMap<string, number>
  /** Whether the trace is replayed too, and the seed of that replay. */
  readonly compareReplay?: boolean
  readonly seed: number
  readonly addressOf: (slot: number) => string
}

export function liveSummary(run: LiveRun, asked: SummarisedRun): LiveRunSummary {
  const { workload, configuration, trace, prices, compareReplay, seed, addressOf } = asked
  const { types, counts, slots } = configuration
  const figuresOf = (served: Replay, queries: number, failed: number): LiveRunFigures => {
    const { violations, throughput, latencyMs, utilisation } = metricsOf(served)
    const insideQos = (served.arrivalMs.length - violations) / queries
    return { queries, failed, violations, insideQos, throughput, latencyMs, utilisation }
  }
  const queries = run.offered
  const failed = run.failures.length
  const live = figuresOf({ ...run, service: 'sampled' }, queries, failed)
  const result = {
    policy: run.policy,
    ...live,
    decisions: run.decisions,
    decisionMs: summarise(run.decisionMs),
    lagMs: summarise(run.lagMs),
    fellBehind: run.fellBehind,
    endedEarly: run.endedEarly,
    open: queries - run.arrivalMs.length - failed,
    lostServers: run.lostServers.map((lost) => ({ address: addressOf(lost.instance), ...lost })),
    published: publishedFigures(run, queries, configuration, prices),
  }
  if (!compareReplay) return result
  const { policy } = run
  const replayed = replay({ workload, types, counts, slots, trace, policy, service: 'sampled', seed })
  const virtual = figuresOf(replayed, trace.arrivalMs.length, 0)
  return {
    ...result,
    replay: virtual,
    difference: {
      meanLatency: live.latencyMs.avg / virtual.latencyMs.avg - 1,
      violationPoints: 100 * (virtual.insideQos - live.insideQos),
    },
  }
}

/** What the published script prints, as it defines it: waiting plus service time against QoS, time to the last send. */
function publishedFigures(
  { startMs, arrivalMs, exeMs, latencyMs, qosMs }: LiveRun,
  queries: number,
  { types, counts }: FleetConfiguration,
  prices: ReadonlyMap<string, number>,
): LiveRunSummary['published'] {
  const inside = latencyMs.filter((latency, i) => {
    return (Number.isNaN(exeMs[i]) ? latency : startMs[i] - arrivalMs[i] + exeMs[i]) <= qosMs
  }).length
  const costPerHour = counts.reduce((cost, count, t) => {
    return count === 0 ? cost : cost + count * (prices.get(types[t]) ?? Number.NaN)
  }, 0)
  return {
    instances: instancesOf(counts),
    types: Object.fromEntries(types.map((type, t) => [type, counts[t]])),
    ...(!Number.isNaN(costPerHour) && { costPerHour: Number(costPerHour.toPrecision(12)) }),
    nonViolation: (100 * inside) / queries,
    violation: (100 * (queries - inside)) / queries,
    throughput: (1000 * queries) / startMs.reduce((last, ms) => Math.max(last, ms)),
  }
}
