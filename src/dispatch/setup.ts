import type { DispatcherSetup } from '../kernel/dispatch-contract.ts'
import { checkCounts, instanceTypes } from '../model/fleet/configuration.ts'
import type { Counts } from '../model/fleet/space.ts'
import { largestBatchBins } from '../model/workload/batching.ts'
import { rowsOf } from '../model/workload/latency-table.ts'
import { binProbabilities, checkWorkload, tableRows, type Workload } from '../model/workload/workload.ts'
import { checkPrepared, checkRule } from './check-rule.ts'
import type { Policy, PolicyContext, RuleFor } from './policy.ts'

/** A policy that is ready for a workload and a configuration. */
export interface PreparedPolicy {
  readonly context: PolicyContext
  readonly ruleFor: RuleFor
  /** What a kernel makes a dispatcher of. */
  readonly setup: DispatcherSetup
}

/** The most instances of a dispatcher. */
export const MAX_INSTANCES = 16_384

/** The most instances under the rule `matching`, whose work space takes 25 bytes for each pair of them: 0.4 GB. */
const MAX_MATCHED = 4096

/**
 * Puts a workload, a configuration and a policy together. Instances are numbered type by type.
 *
 * @param counts how many instances of each of `types`
 * @param least the fewest instances; 0 if instances may join later
 * @throws KairosError BAD_MODEL for a type that the latency table does not have, and for counts that do not fit the
 *   types; BAD_USAGE for a policy that gives no rule; TOO_LARGE beyond 16,384 instances, and beyond 4096 where the
 *   policy matches them
 */
export function preparePolicy(
  workload: Workload,
  types: readonly string[],
  counts: Counts,
  policy: Policy,
  least: 0 | 1 = 1,
): PreparedPolicy {
  checkWorkload(workload)
  const { latency, qosMs, percentile, batching } = workload
  const rows = tableRows(latency, types)
  checkCounts(types, counts, least, MAX_INSTANCES)
  const bins = latency.batchSizes.length
  const context: PolicyContext = {
    types,
    batchSizes: latency.batchSizes,
    probabilities: binProbabilities(workload),
    meanMs: rowsOf(latency.meanMs, rows, bins),
    levels: latency.levels,
    knotsMs: rowsOf(latency.knotsMs, rows, bins * latency.levels.length),
    qosMs,
    percentile,
    ...(batching && { batchBins: largestBatchBins(batching, types, latency.batchSizes) }),
  }
  const prepared = policy.prepare(context)
  checkPrepared(policy, prepared)
  const ruleFor: RuleFor = (now) => {
    const rule = prepared(now)
    checkRule(policy, rule, types.length, bins)
    return rule
  }
  const setup: DispatcherSetup = {
    types: types.length,
    bins,
    meanMs: context.meanMs,
    instanceType: instanceTypes(counts),
    rule: ruleFor(counts),
  }
  if (setup.rule.kind === 'matching') checkCounts(types, counts, least, MAX_MATCHED)
  return { context, ruleFor, setup }
}
