import { hasBatches } from '../dispatch/largest-batches.ts'
import { policyOf } from '../dispatch/policies.ts'
import type { Policy } from '../dispatch/policy.ts'
import { MAX_INSTANCES, type PreparedPolicy, preparePolicy } from '../dispatch/setup.ts'
import type { ReplayInput } from '../kernel/dispatch-contract.ts'
import { checkChoice } from '../model/checks.ts'
import { checkSlots } from '../model/fleet/concurrency.ts'
import { checkCounts } from '../model/fleet/configuration.ts'
import { type Counts, slotCounts } from '../model/fleet/space.ts'
import { checkSeed, randomStream, SERVICE_STREAM } from '../model/random.ts'
import type { Trace } from '../model/trace/trace.ts'
import { DEFAULT_SERVICE, SERVICES, type Service } from '../model/workload/service.ts'
import { binOf, checkWorkload, tableRows, type Workload } from '../model/workload/workload.ts'

/** Settings of a replay that do not depend on the configuration. */
export interface ReplaySettings {
  readonly workload: Workload
  /** A policy or its name; `priced` by default. */
  readonly policy?: Policy | string | undefined
  /** `sampled` by default. */
  readonly service?: Service | undefined
}

/** Settings of a replay that do not depend on the trace: a configuration under a policy. */
export interface FleetSettings extends ReplaySettings {
  /** Names of instance types of the latency table. */
  readonly types: readonly string[]
  /** How many instances there are of each; they are numbered type by type. */
  readonly counts: Counts
  /** The slots of an instance of each type; 1 unless given. In a schedule each slot has a number of its own. */
  readonly slots?: readonly number[] | undefined
}

/** Queries as a kernel takes them. They do not depend on the configuration and the policy. */
export interface Queries {
  readonly arrivalMs: Float64Array
  readonly bin: Int32Array
  /** One uniform number per query; absent where service times are means. */
  readonly uniform?: Float64Array
}

/**
 * The queries of a trace, each with its uniform number if service times are sampled.
 *
 * @throws KairosError BAD_MODEL for batch sizes without a bin, BAD_USAGE for service and seed
 */
export function queriesOf(
  { workload, service = DEFAULT_SERVICE }: ReplaySettings,
  trace: Trace,
  seed: number,
): Queries {
  checkChoice('service', service, SERVICES)
  checkSeed(seed)
  const { batchSizes } = workload.latency
  // Int32Array.from goes through an iterator, which took a third of a replay of first come, first served
  const bin = new Int32Array(trace.batchSize.length)
  for (let i = 0; i < bin.length; i++) bin[i] = binOf(batchSizes, trace.batchSize[i])
  return {
    arrivalMs: trace.arrivalMs,
    bin,
    ...(service === 'sampled' && { uniform: uniforms(trace.arrivalMs.length, seed) }),
  }
}

/**
 * The instances and the rule of a configuration under a policy.
 *
 * @throws KairosError BAD_MODEL for types and counts that do not fit the workload
 */
export function prepare({ workload, types, counts, slots, policy }: FleetSettings): PreparedPolicy {
  // checkSlots looks types up in the latency table, so the workload and the types are checked first
  checkWorkload(workload)
  tableRows(workload.latency, types)
  checkSlots(workload.latency, types, slots)
  checkCounts(types, counts, 1, MAX_INSTANCES)
  return preparePolicy(workload, types, slotCounts(counts, slots), policyOf(policy))
}

/** The input of a kernel's replay. */
export function replayInput({ setup, context }: PreparedPolicy, queries: Queries): ReplayInput {
  const { arrivalMs, bin, uniform } = queries
  const { levels, knotsMs, qosMs, batchSizes } = context
  return {
    ...setup,
    arrivalMs,
    bin,
    qosMs,
    record: true,
    ...(hasBatches(context) && { sizes: batchSizes }),
    ...(uniform && { sampled: { uniform, levels, knotsMs } }),
  }
}

function uniforms(count: number, seed: number): Float64Array {
  const draw = randomStream(seed, SERVICE_STREAM)
  const numbers = new Float64Array(count)
  for (let i = 0; i < count; i++) numbers[i] = draw()
  return numbers
}
