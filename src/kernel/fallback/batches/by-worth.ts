/** The batch of an instance that is worth most, less the cost of its time: a knapsack over the sizes of queries. */
import { binOfTotal } from '../batch.ts'
import { type Instance, leftMs, type Query } from '../scene.ts'
import { binOf, type Decision, inTime, slackOf } from './decision.ts'
import { isLastChance, untilNext } from './last-chance.ts'

/** The most queries of which a knapsack forms a batch, and its most units of size. */
const MAX_ITEMS = 64
const MAX_UNITS = 256

/** After the last known end, the instance that is idle first ends its next batch: after this share of the time of the largest. */
const NEXT_BATCH = 0.9

/** Queries of a size in sum. */
interface Filled {
  readonly worth: number
  readonly queries: readonly Query[]
}

/**
 * The batch that is worth most, less the cost of its time, and in time for its oldest query; empty if there is none. If no batch is
 * worth the cost of its time, time costs what the best one makes of it: otherwise the shortest ones would win, which lose the
 * least.
 *
 * @param aheadShare the work ahead, as a share of QoS
 */
export function byWorth(decision: Decision, instance: Instance, aheadShare: number): readonly Query[] {
  const { rule, scene } = decision
  const { type } = instance
  const items = inTime(decision, instance).slice(0, MAX_ITEMS)
  if (items.length === 0) return []
  const worths = worthsOf(decision, instance, items)
  const costOfMs = (rule.weight[type] * rule.timeFactor[type]) / (1 + rule.aheadDiscount[type] * aheadShare)
  const best = bestAt(decision, instance, items, worths, costOfMs)
  if (best.net >= 0) return best.members
  const ms = scene.meanMs[type * scene.bins + binOf(decision, best.members)]
  return bestAt(decision, instance, items, worths, costOfMs + best.net / ms).members
}

/** The best batch of some queries where a millisecond costs so much. */
function bestAt(
  decision: Decision,
  instance: Instance,
  items: readonly Query[],
  worths: readonly number[],
  costOfMs: number,
): { readonly net: number; readonly members: readonly Query[] } {
  const { rule, scene } = decision
  const { batchSize, guardMs } = rule
  const { bins, meanMs } = scene
  const { type, slowdown } = instance
  const row = type * bins
  const units = Math.min(Math.floor(rule.largest[type] / rule.unit), MAX_UNITS)
  const gain = gainsByEnd(decision, instance, units)
  const cost = gain.map((value, c) => costOfMs * meanMs[row + binOfTotal(batchSize, c * rule.unit)] - value)
  let most = -Infinity
  let members: readonly Query[] = []
  // of each size, the queries behind the one that is looked at that are worth most
  const best = new Array<Filled>(units + 1).fill({ worth: -Infinity, queries: [] })
  best[0] = { worth: 0, queries: [] }
  for (const [i, query] of [...items.entries()].toReversed()) {
    const slack = slackOf(decision, query)
    const own = Math.ceil(batchSize[query.bin] / rule.unit)
    const worth = worths[i]
    const offer = (net: number, others: readonly Query[]) => {
      if (net <= most) return
      most = net
      members = [query, ...others]
    }
    offer(worth - (costOfMs * meanMs[row + query.bin] - (gain[own] ?? 0)), [])
    for (let c = 1; c + own <= units; c++) {
      const cell = row + binOfTotal(batchSize, (own + c) * rule.unit)
      if (best[c].worth === -Infinity || guardMs[cell] * slowdown > slack) continue
      offer(worth + best[c].worth - cost[own + c], best[c].queries)
    }
    for (let c = units; c >= own; c--) {
      const withQuery = best[c - own].worth + worth
      if (withQuery > best[c].worth)
        best[c] = { worth: withQuery, queries: [query, ...best[c - own].queries] }
    }
  }
  return { net: most, members }
}

/** What queries are worth on an instance: more the older they will be, and at their last chance a miss more, which grows as well. */
function worthsOf(decision: Decision, instance: Instance, items: readonly Query[]): number[] {
  const { fullCost, weight, worth, missWorth } = decision.rule
  const { type } = instance
  const wait = shareUntilFast(decision, instance)
  const nextMs = untilNext(decision, instance, fullCost[type] / weight[type])
  return items.map((query) => {
    const miss = isLastChance(decision, query, nextMs) ? missWorth : 0
    return (worth[query.bin] + miss) * growthOf(decision, query, type, wait)
  })
}

/** What a batch of each size, in units, gains by when it ends: most midway between the ends of others on fast types. */
function gainsByEnd(decision: Decision, instance: Instance, units: number): number[] {
  const { rule, scene } = decision
  const { type, slowdown } = instance
  const gains = new Array<number>(units + 1).fill(0)
  const ends = otherFastEnds(decision, instance)
  if (rule.stagger[type] === 0 || ends.length === 0) return gains
  const again = Math.min(...ends) + (NEXT_BATCH * rule.fullCost[type]) / rule.weight[type]
  const timesAsLong = scene.slowdowns.ofMeans[type] * slowdown
  let end = 0
  for (let c = 1; c <= units; c++) {
    const ms = scene.meanMs[type * scene.bins + binOfTotal(rule.batchSize, c * rule.unit)]
    end = Math.max(end, ms * timesAsLong)
    const before = Math.max(0, ...ends.filter((other) => other <= end))
    const next = Math.min(...ends.filter((other) => other > end))
    const behind = next < Infinity ? next : Math.max(end, again)
    gains[c] = rule.stagger[type] * (end - before) * (behind - end)
  }
  return gains
}

/** The time, as a share of QoS, that a query waits at least for an instance of a fast type if it does not start now. */
function shareUntilFast(decision: Decision, instance: Instance): number {
  const { isFast, fullCost, weight, qosMs } = decision.rule
  const { type } = instance
  const ownMs = isFast[type] ? fullCost[type] / weight[type] : qosMs
  return Math.min(qosMs, ownMs, ...otherFastEnds(decision, instance)) / qosMs
}

/** How long the other instances of fast types are expected to be busy, ms; some may have started in this decision. */
function otherFastEnds(decision: Decision, instance: Instance): number[] {
  const { fleet } = decision.scene
  const others = fleet.filter((other) => other !== instance && decision.rule.isFast[other.type] !== 0)
  return others.map((other) => untilIdle(decision, other))
}

/** How long an instance is expected to be busy, ms; it may have started in this decision. */
function untilIdle({ scene, started }: Decision, instance: Instance): number {
  const batch = started.get(instance)
  return batch ? Math.max(0, batch.finishMs - scene.nowMs) : leftMs(instance, scene.nowMs)
}

/** How many times as much a query is worth on a type that would be `wait` older, as a share of QoS, when it can start next. */
function growthOf({ rule, scene }: Decision, { arrivalMs }: Query, type: number, wait: number): number {
  const age = (scene.nowMs - arrivalMs) / rule.qosMs + wait
  const z = Math.max(0, rule.ageScale[type] * age)
  const power = rule.isFast[type] ? z * z * z * z : z * z * z
  return 1 + rule.ageWorth[type] * power
}
