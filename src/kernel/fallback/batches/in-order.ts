/** The batch of an instance around its most urgent query, in order of arrival: where batches gain little. */
import { MAX_BATCH_QUERIES } from '../../../model/workload/batching.ts'
import { binOfTotal } from '../batch.ts'
import type { Instance, Query } from '../scene.ts'
import { ageFactor, canGrow, type Decision, inTime, liveOf, slackOf } from './decision.ts'

/** How much more a query is worth for each QoS that it has waited, if it may join another one. */
const AGE_OF_JOINING = 0.5

/** Queries that have waited for `joinAge` join the most urgent one, oldest first; empty if none can be in time. */
export function inOrder(decision: Decision, instance: Instance): readonly Query[] {
  const { rule, scene } = decision
  const { batchSize, largest, eligible } = rule
  const urgent = mostUrgent(decision, instance)
  if (!urgent) return []
  const row = instance.type * scene.bins
  const joined = [urgent]
  let { bin } = urgent
  let total = batchSize[bin]
  let slack = slackOf(decision, urgent)
  for (const query of liveOf(decision)) {
    if (query === urgent || scene.nowMs - query.arrivalMs < rule.joinAge * rule.qosMs) continue
    if (eligible[row + query.bin] === 0) continue
    const size = batchSize[query.bin]
    if (joined.length >= MAX_BATCH_QUERIES || total + size > largest[instance.type]) continue
    const longer = binOfTotal(batchSize, total + size)
    const least = Math.min(slack, slackOf(decision, query))
    const most = rule.worth[query.bin] * ageFactor(decision, query, AGE_OF_JOINING)
    if (!canGrow(decision, instance, bin, longer, least, most)) continue
    joined.push(query)
    total += size
    bin = longer
    slack = least
  }
  return liveOf(decision).filter((query) => joined.includes(query))
}

/** The query with the earliest latest start, of equal ones the oldest, unless there is none that can be in time. */
function mostUrgent(decision: Decision, instance: Instance): Query | undefined {
  const { type, slowdown } = instance
  const untilLatestStart = (query: Query) =>
    slackOf(decision, query) - decision.rule.guardMs[type * decision.scene.bins + query.bin] * slowdown
  const queries = inTime(decision, instance)
  const least = Math.min(...queries.map(untilLatestStart))
  return queries.find((query) => untilLatestStart(query) === least)
}
