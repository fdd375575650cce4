import { policyOf } from '../dispatch/policies.ts'
import type { Policy } from '../dispatch/policy.ts'
import { configure } from '../dispatch/setup.ts'
import type { ReplayInput } from '../kernel/dispatch-contract.ts'
import { KairosError } from '../model/errors.ts'
import { randomStream } from '../model/random.ts'
import type { Counts } from '../model/space.ts'
import type { Trace } from '../model/trace.ts'
import { binOf, type Workload } from '../model/workload.ts'

/** How long a query takes: the mean of its bin, or a draw from the quantile knots. */
export const SERVICES = ['mean', 'sampled'] as const

export type Service = (typeof SERVICES)[number]

/** A configuration under a policy: what is asked about, whatever the trace. */
export interface Configuration {
  readonly workload: Workload
  /** Names of instance types of the latency table. */
  readonly types: readonly string[]
  /** How many instances there are of each; they are numbered type by type. */
  readonly counts: Counts
  /** A policy or its name; `priced` by default. */
  readonly policy?: Policy | string | undefined
  readonly service?: Service | undefined
}

/** Streams 0 and 1 of a seed are the gaps and sizes of a generated trace. */
const SERVICE_STREAM = 2

/**
 * What the kernel replays. Sampled service times are drawn with one uniform number per query, whatever the
 * configuration and the policy: they are compared on the same luck.
 *
 * @throws KairosError BAD_MODEL for types and counts that do not fit, BAD_USAGE for policy, service and seed
 */
export function replayInput(configuration: Configuration, trace: Trace, seed: number): ReplayInput {
  const { workload, types, counts, service = 'mean' } = configuration
  const { setup, context } = configure(workload, types, counts, policyOf(configuration.policy))
  if (setup.instanceType.length === 0) {
    const cure = 'one instance at least is expected'
    throw new KairosError('BAD_MODEL', 'the configuration has no instance', { field: 'counts' }, cure)
  }
  if (!SERVICES.includes(service)) {
    const cure = `it is one of ${SERVICES.join(', ')}`
    throw new KairosError('BAD_USAGE', `is "${service}"`, { field: 'service' }, cure)
  }
  const { levels, knotsMs } = context
  const { batchSizes } = workload.latency
  return {
    ...setup,
    arrivalMs: trace.arrivalMs,
    bin: Int32Array.from(trace.batchSize, (size) => binOf(batchSizes, size)),
    qosMs: workload.qosMs,
    record: true,
    ...(service === 'sampled' && {
      sampled: { uniform: uniforms(trace.arrivalMs.length, seed), levels, knotsMs },
    }),
  }
}

function uniforms(count: number, seed: number): Float64Array {
  const draw = randomStream(seed, SERVICE_STREAM)
  const numbers = new Float64Array(count)
  for (let i = 0; i < count; i++) numbers[i] = draw()
  return numbers
}
