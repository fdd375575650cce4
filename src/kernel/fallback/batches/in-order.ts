/** The batch of an instance around its most urgent query, in order of arrival: where batches gain little. */
import { binOfTotal, hasRoom } from '../batch.ts'
import type { Instance, Query } from '../scene.ts'
import { ageFactor, canGrow, type Decision, inTime, liveOf, slackOf } from './decision.ts'
import { isLastChance, untilNext } from './last-chance.ts'

/** How much more a query is worth for each QoS that it has waited, if it may join another one. */
const AGE_OF_JOINING = 0.5

/** The most urgent query, and those that waited for `joinAge` and join it, by arrival; empty if none is in time. */
export function inOrder(decision: Decision, instance: Instance): readonly Query[] {
  const { rule, scene } = decision
  const { batchSize, largest } = rule
  const queries = inTime(decision, instance)
  const cheap = queries.filter(({ bin }) => rule.isCheap[instance.type * scene.bins + bin] !== 0)
  const urgent = mostUrgent(decision, instance, cheap.length > 0 ? cheap : queries)
  if (!urgent) return []
  const seed = lastChance(decision, instance, urgent) ?? urgent
  const members = [seed]
  let { bin } = seed
  let total = batchSize[bin]
  let slack = slackOf(decision, seed)
  for (const query of liveOf(decision)) {
    if (query === seed || scene.nowMs - query.arrivalMs < rule.joinAge * rule.qosMs) continue
    const size = batchSize[query.bin]
    if (!hasRoom(members.length, total, size, largest[instance.type])) continue
    const longer = binOfTotal(batchSize, total + size)
    const least = Math.min(slack, slackOf(decision, query))
    const most = rule.worth[query.bin] * ageFactor(decision, query, AGE_OF_JOINING)
    if (!canGrow(decision, instance, bin, longer, least, most)) continue
    members.push(query)
    total += size
    bin = longer
    slack = least
  }
  return liveOf(decision).filter((query) => members.includes(query))
}

/** The query with the earliest latest start, of equal ones the oldest. */
function mostUrgent(decision: Decision, instance: Instance, queries: readonly Query[]): Query | undefined {
  const untilLatestStart = (query: Query) => slackOf(decision, query) - safeMs(decision, instance, query)
  const least = Math.min(...queries.map(untilLatestStart))
  return queries.find((query) => untilLatestStart(query) === least)
}

/** The most urgent query with its last chance while the most urgent of all is served, if that one can wait for it. */
function lastChance(decision: Decision, instance: Instance, urgent: Query): Query | undefined {
  const urgentMs = safeMs(decision, instance, urgent)
  const spare = slackOf(decision, urgent) - urgentMs
  const nextMs = untilNext(decision, instance, urgentMs)
  const others = inTime(decision, instance).filter(
    (query) =>
      query !== urgent && safeMs(decision, instance, query) <= spare && isLastChance(decision, query, nextMs),
  )
  return mostUrgent(decision, instance, others)
}

/** The time with which the deadline of a query alone is checked, ms. */
function safeMs({ rule, scene }: Decision, { type, slowdown }: Instance, { bin }: Query): number {
  return rule.guardMs[type * scene.bins + bin] * slowdown
}
