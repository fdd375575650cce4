/** The rules that policies give for the published types. */
import { policyOf } from '../../src/dispatch/policies.ts'
import type { PolicyContext } from '../../src/dispatch/policy.ts'
import { preparePolicy } from '../../src/dispatch/setup.ts'
import type { DispatchRule } from '../../src/kernel/rules.ts'
import type { Workload } from '../../src/model/workload/workload.ts'

export const TYPES = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']

export const contextOf = (workload: Workload, types: readonly string[]): PolicyContext =>
  preparePolicy(
    workload,
    types,
    types.map(() => 1),
    policyOf('fcfs'),
  ).context

/** The rule of a policy for a configuration. */
export const ruleOf = <Rule extends DispatchRule>(
  policy: string,
  workload: Workload,
  types: readonly string[],
  counts: readonly number[],
): Rule => policyOf(policy).prepare(contextOf(workload, types))(counts) as Rule
