/** Notes on how long replays take, and on how far their figures can be trusted. */
import type { Workload } from '../../model/workload/workload.ts'
import { excessShare } from '../../replay/drain.ts'
import { shortReplays } from '../../report/replay/short-replays.ts'
import { slowPolicies } from '../../report/replay/slow-policies.ts'
import { tell } from './terminal.ts'

/** Notes a policy whose decisions are slow on so many instances, if there is one. */
export function tellSlow(quiet: boolean | undefined, policies: readonly string[], instances: number): void {
  const slow = slowPolicies(policies, instances)
  if (slow) tell(quiet, slow)
}

/** Notes replays that are short relative to the target, if they are. @param rate that they allow, queries per second */
export function tellShort(
  quiet: boolean | undefined,
  queries: number,
  rate: number,
  workload: Workload,
): void {
  const short = shortReplays({ queries, qosMs: workload.qosMs }, rate, (count) =>
    excessShare(count, rate, workload),
  )
  if (short) tell(quiet, short)
}
