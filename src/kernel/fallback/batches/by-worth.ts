/** The batch of an instance that is worth most, less the cost of its time: a knapsack over the sizes of queries. */
import { MAX_UNITS } from '../../rules.ts'
import { binOfTotal } from '../batch.ts'
import { type Instance, leftMs, type Query } from '../scene.ts'
import { binOf, type Decision, inTime, largestBatchMs, slackOf } from './decision.ts'
import { isLastChance, untilNext } from './last-chance.ts'

/** The most items of a knapsack. */
const MAX_ITEMS = 64

/**
 * Where no other batch ends later, the next end is that of the next batch of the instance that is idle first. It is
 * taken to last this share of the time of the largest batch on the type that is looked at.
 */
const NEXT_BATCH = 0.9

/** A query that may be in the batch. */
interface Item {
  readonly query: Query
  readonly worth: number
}

/** Items of a size in sum that are worth most. */
interface Filled {
  readonly worth: number
  readonly queries: readonly Query[]
}

/**
 * The batch that is worth most, less the cost of its time, and in time for its oldest query; empty if none can be in
 * time. If no batch is worth the cost of its time, time costs so much less that the best one is: otherwise the shortest
 * batch would win, which loses least.
 *
 * @param aheadShare the work ahead, as a share of QoS
 */
export function byWorth(decision: Decision, instance: Instance, aheadShare: number): readonly Query[] {
  const { rule, scene } = decision
  const { type } = instance
  const items = itemsOf(decision, instance)
  if (items.length === 0) return []
  const costOfMs = (rule.weight[type] * rule.timeFactor[type]) / (1 + rule.aheadDiscount[type] * aheadShare)
  const best = bestOf(decision, instance, items, costOfMs)
  if (best.net >= 0) return best.members
  const ms = scene.meanMs[type * scene.bins + binOf(decision, best.members)]
  return bestOf(decision, instance, items, costOfMs + best.net / ms).members
}

/**
 * The oldest live queries that are in time on an instance alone, with what they are worth there: more the older they
 * will be when a fast instance is idle next. One at its last chance is worth a miss more, which grows as well.
 */
function itemsOf(decision: Decision, instance: Instance): Item[] {
  const { rule, scene } = decision
  const { type } = instance
  const wait = untilFast(decision, instance)
  const nextMs = untilNext(decision, instance, largestBatchMs(decision, type))
  return inTime(decision, instance)
    .slice(0, MAX_ITEMS)
    .map((query) => {
      const miss = isLastChance(decision, query, nextMs) ? rule.missWorth : 0
      const age = (scene.nowMs - query.arrivalMs) / rule.qosMs + wait
      return { query, worth: (rule.worth[query.bin] + miss) * growthAt(decision, type, age) }
    })
}

/** How long, as a share of QoS, until another fast instance is idle, or this one again if it is fast; at most 1. */
function untilFast(decision: Decision, instance: Instance): number {
  const { isFast, qosMs } = decision.rule
  const ownMs = isFast[instance.type] ? largestBatchMs(decision, instance.type) : qosMs
  return Math.min(qosMs, ownMs, ...fastEnds(decision, instance)) / qosMs
}

/** How many times as much a query of an age, in QoS, is worth on a type. */
function growthAt({ rule }: Decision, type: number, age: number): number {
  const z = Math.max(0, rule.ageScale[type] * age)
  const power = rule.isFast[type] ? z * z * z * z : z * z * z
  return 1 + rule.ageWorth[type] * power
}

/** The best batch of the items, oldest first, where a millisecond costs so much, and its net worth. */
function bestOf(
  decision: Decision,
  instance: Instance,
  items: readonly Item[],
  costOfMs: number,
): { readonly net: number; readonly members: readonly Query[] } {
  const { rule, scene } = decision
  const { batchSize, guardMs } = rule
  const { bins, meanMs } = scene
  const { type, slowdown } = instance
  const row = type * bins
  const capacity = Math.min(Math.floor(rule.largest[type] / rule.unit), MAX_UNITS)
  const gain = gainsByEnd(decision, instance, capacity)
  const cost = gain.map((value, c) => costOfMs * meanMs[row + binOfTotal(batchSize, c * rule.unit)] - value)
  let most = -Infinity
  let members: readonly Query[] = []
  // by size: of the items that are younger than the one that is looked at
  const best = new Array<Filled>(capacity + 1).fill({ worth: -Infinity, queries: [] })
  best[0] = { worth: 0, queries: [] }
  for (const { query, worth } of items.toReversed()) {
    const slack = slackOf(decision, query)
    const size = Math.ceil(batchSize[query.bin] / rule.unit)
    const offer = (net: number, others: readonly Query[]) => {
      if (net <= most) return
      most = net
      members = [query, ...others]
    }
    // alone it takes the time of its own bin, not that of its size in units, and may be larger than every batch
    offer(worth - (costOfMs * meanMs[row + query.bin] - (gain[size] ?? 0)), [])
    for (let rest = 1; rest + size <= capacity; rest++) {
      const cell = row + binOfTotal(batchSize, (size + rest) * rule.unit)
      if (best[rest].worth === -Infinity || guardMs[cell] * slowdown > slack) continue
      offer(worth + best[rest].worth - cost[size + rest], best[rest].queries)
    }
    for (let c = capacity; c >= size; c--) {
      const withQuery = best[c - size].worth + worth
      if (withQuery > best[c].worth)
        best[c] = { worth: withQuery, queries: [query, ...best[c - size].queries] }
    }
  }
  return { net: most, members }
}

/** What a batch of each size, in units, gains by when it ends: most midway between the ends of others on fast types. */
function gainsByEnd(decision: Decision, instance: Instance, capacity: number): number[] {
  const { rule, scene } = decision
  const { type, slowdown } = instance
  const gains = new Array<number>(capacity + 1).fill(0)
  const ends = fastEnds(decision, instance)
  if (rule.stagger[type] === 0 || ends.length === 0) return gains
  const again = Math.min(...ends) + (NEXT_BATCH * rule.fullCost[type]) / rule.weight[type]
  const timesAsLong = scene.slowdowns.ofMeans[type] * slowdown
  let end = 0
  for (let c = 1; c <= capacity; c++) {
    const ms = scene.meanMs[type * scene.bins + binOfTotal(rule.batchSize, c * rule.unit)]
    end = Math.max(end, ms * timesAsLong)
    const before = Math.max(0, ...ends.filter((other) => other <= end))
    const next = Math.min(...ends.filter((other) => other > end))
    const behind = next < Infinity ? next : Math.max(end, again)
    gains[c] = rule.stagger[type] * (end - before) * (behind - end)
  }
  return gains
}

/** How long the other instances of fast types are expected to be busy, ms; some may have started in this decision. */
function fastEnds({ rule, scene, started }: Decision, instance: Instance): number[] {
  const others = scene.fleet.filter((other) => other !== instance && rule.isFast[other.type] !== 0)
  return others.map((other) => {
    const batch = started.get(other)
    return batch ? Math.max(0, batch.finishMs - scene.nowMs) : leftMs(other, scene.nowMs)
  })
}
