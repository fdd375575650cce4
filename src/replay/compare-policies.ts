/** Measures one configuration under several policies: allowable throughput, tails at rising rates, one full run. */
import { mean } from 'simple-statistics'
import { fluidBound } from '../bound/fluid.ts'
import { POLICIES, policyOf } from '../dispatch/policies.ts'
import type { Policy } from '../dispatch/policy.ts'
import { nextTurn } from '../kernel/next-turn.ts'
import { checkGiven, type OptionNames, valueText } from '../model/checks.ts'
import { refuseUsage } from '../model/errors.ts'
import { instancesOf } from '../model/fleet/configuration.ts'
import type { OnProgress, Progress } from '../model/progress.ts'
import type { PolicyCapacity } from '../model/results/capacity.ts'
import type { PolicyComparison } from '../model/results/comparison.ts'
import type { RatePoint, RateSweep, RunOverTime } from '../model/results/over-time.ts'
import type { Replay, ReplayMetrics } from '../model/results/replay.ts'
import { generateTrace } from '../model/trace/generate-trace.ts'
import { rateOf, type Trace } from '../model/trace/trace.ts'
import { DEFAULT_SERVICE } from '../model/workload/service.ts'
import { summaryOf } from '../model/workload/workload.ts'
import { allowableThroughput, checkRepeats } from './allowable-throughput.ts'
import { type FleetSettings, prepare } from './input.ts'
import { metricsOf } from './metrics.ts'
import { runOverTime } from './over-time.ts'
import { policyCapacity } from './policy-capacity.ts'
import { sweepPoints } from './rate-sweep.ts'
import { replay } from './replay.ts'

/** The state of a comparison. A step is a replay, or a repetition of a measurement. */
export interface ComparisonProgress extends Progress {
  /** The policy that is measured; empty at the end. */
  readonly policy: string
}

/** What is compared, and how it is measured. */
export interface ComparisonRequest extends Omit<FleetSettings, 'policy'> {
  /** Policies, or their names; all that have one by default, without `kairos` on more than 200 instances. */
  readonly policies?: readonly (Policy | string)[] | undefined
  /** Queries of a repetition and of the run in full; 20,000 by default. */
  readonly queries?: number | undefined
  /** Repetitions; 5 by default. */
  readonly repeats?: number | undefined
  readonly seed?: number | undefined
  /** The run in full; by default Poisson arrivals at 80% of the bound. */
  readonly trace?: Trace | undefined
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with steps done and to do. */
  readonly onProgress?: OnProgress<ComparisonProgress> | undefined
}

const OPTIONS: OptionNames<ComparisonRequest> = {
  workload: true,
  types: true,
  counts: true,
  slots: true,
  service: true,
  policies: true,
  queries: true,
  repeats: true,
  seed: true,
  trace: true,
  threads: true,
  signal: true,
  onProgress: true,
}

/** The share of the bound at which the run in full arrives. */
const RUN_AT = 0.8

/** On more instances than this `kairos` takes milliseconds a decision, and is left out unless it is asked for. */
const KAIROS_UP_TO = 200

/**
 * Compares policies on one configuration. Every policy gets the same draws.
 *
 * @throws KairosError BAD_USAGE where the bound is 0, so that no rate is sustained, and for `policies` that is no list
 *   of policies; the reason of `signal` where it aborts; as `allowableThroughput`
 */
export async function comparePolicies(request: ComparisonRequest): Promise<PolicyComparison> {
  checkGiven(request, OPTIONS)
  const { workload, types, counts, slots, service = DEFAULT_SERVICE } = request
  const { queries = 20_000, repeats = 5, seed = 1, threads, signal, onProgress } = request
  checkRepeats(repeats)
  prepare({ workload, types, counts, slots })
  const policies = comparedPolicies(request)
  const names = policies.map((policy) => policyOf(policy).name)
  const fleet = { workload, types, counts, slots, service }
  const bound = boundAbove0(fleet)
  const recipe = { arrivals: 'poisson', rate: RUN_AT * bound, queries, seed, mix: workload.mix } as const
  const trace = request.trace ?? generateTrace(recipe)
  const total = policies.length * (repeats + 2)
  // every policy gets the same draws, so their bounds are the same
  let drawnBounds = [bound]
  const found: PolicyCapacity[] = []
  const rows: ReplayMetrics[] = []
  const replays: Replay[] = []
  const overTime: RunOverTime[] = []
  const sweeps: RateSweep[] = []
  for (const [p, policy] of policies.entries()) {
    const before = p * (repeats + 2)
    const name = names[p]
    onProgress?.({ done: before, total, policy: name })
    await nextTurn(signal)
    const run = replay({ ...fleet, policy, trace, seed })
    replays.push(run)
    rows.push(metricsOf(run))
    overTime.push(runOverTime(run))
    const allowed = await allowableThroughput({
      ...fleet,
      policy,
      queries,
      repeats,
      seed,
      threads,
      signal,
      onProgress: ({ done }) => onProgress?.({ done: before + 1 + done, total, policy: name }),
    })
    found.push(policyCapacity(name, allowed))
    drawnBounds = [...allowed.bounds]
    if (Number.isNaN(rateOf(trace))) continue
    const points: RatePoint[] = []
    for (const point of sweepPoints({ ...fleet, trace, seed }, bound, policy)) {
      points.push(point)
      await nextTurn(signal)
    }
    sweeps.push({ policy: name, points })
  }
  onProgress?.({ done: total, total, policy: '' })
  const subject = { ...summaryOf(workload), types, counts, slots, service, seed }
  const rate = rateOf(trace)
  return {
    capacity: { ...subject, arrivals: 'poisson', queries, repeats, bound: mean(drawnBounds), results: found },
    results: { ...subject, rate: Number.isNaN(rate) ? null : rate, rows },
    replays,
    overTime,
    sweeps,
  }
}

/** The policies of a request, or those compared by default. @throws KairosError BAD_USAGE unless they are a list */
function comparedPolicies({ policies, counts }: ComparisonRequest): readonly (Policy | string)[] {
  if (policies === undefined) {
    const names = POLICIES.map(({ name }) => name)
    return names.filter((name) => name !== 'kairos' || instancesOf(counts) <= KAIROS_UP_TO)
  }
  if (Array.isArray(policies)) return policies
  const cure = 'a list of policies or of their names is expected'
  refuseUsage('policies', `is ${valueText(policies)}`, cure)
}

/** The fluid bound of a configuration, queries per second. @throws KairosError BAD_USAGE where it is 0 */
function boundAbove0({ workload, types, counts, service, slots }: FleetSettings): number {
  const bound = fluidBound(workload, types, counts, { service, slots })
  if (bound > 0) return bound
  const cure =
    'under every routing too many queries are late: choose another configuration, or relax the target'
  refuseUsage('counts', 'sustains no rate', cure)
}
