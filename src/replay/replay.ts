import { policyOf } from '../dispatch/policies.ts'
import type { KernelName } from '../kernel/contract.ts'
import type { ReplayInput, ReplayOutcome } from '../kernel/dispatch-contract.ts'
import { loadKernel } from '../kernel/load.ts'
import { checkGiven, type OptionNames } from '../model/checks.ts'
import { counted } from '../model/counted.ts'
import { refuseUsage } from '../model/errors.ts'
import { batchNumbers } from '../model/results/batch-numbers.ts'
import type { Replay } from '../model/results/replay.ts'
import { checkTrace, type Trace } from '../model/trace/trace.ts'
import { largestBin } from '../model/workload/latency-table.ts'
import { DEFAULT_SERVICE } from '../model/workload/service.ts'
import { checkWorkload } from '../model/workload/workload.ts'
import { type FleetSettings, prepare, queriesOf, replayInput } from './input.ts'

export interface ReplayRequest extends FleetSettings {
  readonly trace: Trace
  /** The seed of sampled service times; 1 by default. */
  readonly seed?: number | undefined
  readonly kernel?: KernelName | undefined
}

const OPTIONS: OptionNames<ReplayRequest> = {
  trace: true,
  seed: true,
  kernel: true,
  types: true,
  counts: true,
  slots: true,
  workload: true,
  policy: true,
  service: true,
}

/**
 * Runs a trace, a configuration and a policy in virtual time (docs/architecture.md, "Replay"). Blocks for less than a
 * microsecond per query on a dozen instances; more with long queues. The result shares the arrays of the trace.
 *
 * @throws KairosError BAD_MODEL for a trace, types or counts that do not fit the workload; BAD_USAGE for a policy,
 *   service or seed that is not usable; TOO_LARGE for a trace of more than 2^26 queries, and for one that does not fit
 *   into the 4 GB of a kernel: 64 to 120 bytes a query
 */
export function replay(request: ReplayRequest): Replay {
  checkGiven(request, OPTIONS)
  const { workload, trace, seed = 1 } = request
  checkWorkload(workload)
  checkTrace(trace, { maxBatchSize: largestBin(workload.latency) })
  const input = replayInput(prepare(request), queriesOf(request, trace, seed))
  return replayOf(request, input, loadKernel(request.kernel).replay(input))
}

/** What a kernel returned, with the question. @throws KairosError BAD_USAGE where queries were never served */
export function replayOf(
  request: Omit<ReplayRequest, 'seed' | 'kernel'>,
  input: ReplayInput,
  outcome: ReplayOutcome,
): Replay {
  const { workload, trace, types, counts, service = DEFAULT_SERVICE } = request
  const { served, startMs, finishMs, instance, busyMs, violations, decisions, lastFinishMs } = outcome
  const policy = policyOf(request.policy).name
  if (served < trace.arrivalMs.length) {
    const waiting = trace.arrivalMs.length - served
    refuseUsage(
      'policy',
      `${policy} never starts ${counted(waiting, 'query', 'queries')}`,
      'choose another policy, or add an instance of a type to which the policy sends their batch sizes',
    )
  }
  return {
    model: workload.model,
    qosMs: workload.qosMs,
    percentile: workload.percentile,
    types,
    counts,
    policy,
    service,
    arrivalMs: trace.arrivalMs,
    batchSize: trace.batchSize,
    startMs,
    finishMs,
    instance,
    ...(workload.batching && { batch: batchNumbers(startMs, instance) }),
    ...(input.sizes && { formsBatches: true }),
    instanceType: input.instanceType,
    latencyMs: finishMs.map((finish, query) => finish - trace.arrivalMs[query]),
    busyMs,
    violations,
    decisions,
    lastFinishMs,
  }
}
