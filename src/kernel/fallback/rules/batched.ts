import type { BatchedRule } from '../../rules.ts'
import { binOfBatch, binOfTotal, MAX_MEMBERS, oldestThatFit, pairsOf } from '../batch.ts'
import { isLight, startOnSoonest } from '../light.ts'
import { type Instance, leftMs, type Pair, type Query, type Scene } from '../scene.ts'

/** The most queries of which a knapsack forms a batch, and its most units of size. */
const MAX_ITEMS = 64
const MAX_UNITS = 128

/** The budget of misses is that of this many queries more than have arrived. */
const AHEAD = 4000

/** A query that was given up is live again if the work ahead is then at most this share of what it may be. */
const TAKEN_BACK = 0.85

/** The work ahead below which a nearly full batch of late queries starts, with all misses spent, and what is added with none. */
const LULL = 0.25
const LULL_OF_UNSPENT = 0.3
const NEARLY_FULL = 0.9

/** The age of a late query, in QoS, from which on any batch of late queries starts. */
const LATE_ANY = 120

/** How much more a query is worth for each QoS that it has waited: if it may join another one, and where types are compared. */
const AGE_OF_JOINING = 0.5
const AGE_OF_TYPES = 1

/** A late query joins a batch if the time that it adds costs at most this share of its price. */
const MOST_OF_PRICE = 0.8

/** After the last known end, the instance that is idle first ends its next batch: after this share of the time of the largest. */
const NEXT_BATCH = 0.9

/** Queries of a size in sum. */
interface Filled {
  readonly worth: number
  readonly queries: readonly Query[]
}

/** A batch that may start. */
interface Batch {
  readonly score: number
  readonly members: readonly Query[]
  readonly instance: Instance
}

export function batched(rule: BatchedRule, scene: Scene): Pair[] {
  const { qosMs, batchSize, largest, weight, price, worth, eligible, guardMs, fullCost } = rule
  const { queue, fleet, bins, meanMs, nowMs, batches } = scene
  if (fleet.length === 0) return []
  const waiting = new Set(queue)
  const idle = new Set(fleet.filter(({ busy }) => !busy))
  const pairs: Pair[] = []
  /** When the instances that start in this decision are expected to finish. */
  const finishMs = new Map<Instance, number>()
  const live = () => [...waiting].filter((query) => !batches.late.has(query))
  const late = () => [...waiting].filter((query) => batches.late.has(query))
  const timeLeft = ({ arrivalMs }: Query) => arrivalMs + qosMs - nowMs
  const ageFactor = (factor: number, { arrivalMs }: Query) => 1 + (factor * (nowMs - arrivalMs)) / qosMs
  const binOf = (members: readonly Query[]) =>
    binOfBatch(
      batchSize,
      members.map(({ bin }) => bin),
    )
  const makeLate = (query: Query) => {
    batches.late.add(query)
    batches.everLate++
  }
  const start = (members: readonly Query[], instance: Instance) => {
    pairs.push(...pairsOf(batchSize, members, instance))
    for (const query of members) {
      waiting.delete(query)
      batches.late.delete(query)
    }
    idle.delete(instance)
    const { type, slowdown } = instance
    finishMs.set(
      instance,
      nowMs + meanMs[type * bins + binOf(members)] * scene.slowdowns.ofMeans[type] * slowdown,
    )
  }
  const startLate = (instance: Instance) =>
    start(oldestThatFit(late(), batchSize, largest[instance.type]), instance)

  // 1. no type can serve them in time
  for (const query of live()) if (timeLeft(query) < rule.aloneMs[query.bin]) makeLate(query)
  const pressure = giveUp()
  const totalWeight = (instances: readonly Instance[]) =>
    instances.reduce((sum, { type }) => sum + weight[type], 0)
  if (late().length === 0 && isLight(rule, scene, totalWeight)) {
    if (startOnSoonest(scene, rule, (query, instance) => start([query], instance))) return pairs
  }
  startOverdue()
  while (idle.size > 0) {
    const best = bestBatch()
    if (!best) break
    start(withLate(best), best.instance)
  }
  startAllLate()
  // 6. no completion will help what is left
  if (waiting.size > 0 && idle.size === fleet.length) {
    live().forEach(makeLate)
    startAllLate()
  }
  return pairs

  // 5. oldest first
  function startAllLate(): void {
    for (const instance of fleet) if (idle.has(instance) && late().length > 0) startLate(instance)
  }

  // 2. more work ahead than fits; returns the work ahead, as a share of QoS
  function giveUp(): number {
    let capacity = 0
    let work = live().reduce((sum, { bin }) => sum + price[bin], 0)
    for (const instance of fleet) {
      capacity += weight[instance.type]
      if (instance.busy) work += weight[instance.type] * leftMs(instance, nowMs)
    }
    const limit = rule.pressure * qosMs * capacity
    for (const query of late()) {
      const withQuery = work + price[query.bin]
      if (withQuery > TAKEN_BACK * limit || timeLeft(query) < rule.aloneMs[query.bin]) continue
      batches.late.delete(query)
      batches.everLate--
      work = withQuery
    }
    const budget = rule.lateShare * (batches.arrived + AHEAD)
    while (work > limit && batches.everLate + 1 <= budget) {
      const most = Math.max(...live().map(({ bin }) => price[bin]))
      const dearest = live().find(({ bin }) => price[bin] === most)
      if (!dearest || !(most > 0)) break
      makeLate(dearest)
      work -= most
    }
    return work / (qosMs * capacity)
  }

  // 3. little work is ahead, or they are late for very long
  function startOverdue(): void {
    const overdue = late()
    if (overdue.length === 0 || idle.size === 0) return
    const spent = batches.everLate / (rule.lateShare * batches.arrived)
    const isLull = pressure < LULL + LULL_OF_UNSPENT * Math.max(0, 1 - spent)
    const isOverdue = nowMs - overdue[0].arrivalMs > LATE_ANY * qosMs
    if (!isLull && !isOverdue) return
    const least = Math.min(...[...idle].map(({ type }) => fullCost[type]))
    const cheapest = fleet.find((instance) => idle.has(instance) && fullCost[instance.type] === least)
    if (!cheapest || least === Infinity) return
    const volume = overdue.reduce((sum, { bin }) => sum + batchSize[bin], 0)
    if (isOverdue || volume >= NEARLY_FULL * largest[cheapest.type]) startLate(cheapest)
  }

  // 4. the batch of the highest score, over types
  function bestBatch(): Batch | undefined {
    let best: Batch | undefined
    const seen = new Set<number>()
    for (const instance of fleet) {
      const { type } = instance
      if (!idle.has(instance) || seen.has(type)) continue
      if (type < 64) seen.add(type)
      const batch = rule.latestFirst ? inOrder(instance) : byWorth(instance)
      if (batch && batch.score > (best?.score ?? 0)) best = batch
    }
    return best
  }

  /** Live queries that may start on an instance, and are in time alone, oldest first. */
  function inTime({ type, slowdown }: Instance): Query[] {
    return live().filter((query) => {
      const cell = type * bins + query.bin
      return eligible[cell] !== 0 && guardMs[cell] * slowdown <= timeLeft(query)
    })
  }

  /** The query with the earliest latest start, unless there is none that can be in time. */
  function mostUrgent(instance: Instance): Query | undefined {
    const { type, slowdown } = instance
    const slackOf = (query: Query) => timeLeft(query) - guardMs[type * bins + query.bin] * slowdown
    const queries = inTime(instance)
    const least = Math.min(...queries.map(slackOf))
    return queries.find((query) => slackOf(query) === least)
  }

  /** Whether a batch may take the time of a longer bin: it ends within `leftMs`, and costs at most `most` more. */
  function canGrow({ type, slowdown }: Instance, bin: number, longer: number, leftMs: number, most: number) {
    const row = type * bins
    if (guardMs[row + longer] * slowdown > leftMs) return false
    return weight[type] * (meanMs[row + longer] - meanMs[row + bin]) <= most
  }

  /** Late queries join, oldest first, where they fit, leave the live ones in time, and cost less than alone. */
  function withLate({ members, instance }: Batch): Query[] {
    const { type } = instance
    const joined: Query[] = []
    let bin = binOf(members)
    let total = members.reduce((sum, query) => sum + batchSize[query.bin], 0)
    for (const query of late()) {
      const size = batchSize[query.bin]
      if (members.length + joined.length >= MAX_MEMBERS || total + size > largest[type]) continue
      const longer = binOfTotal(batchSize, total + size)
      const most = MOST_OF_PRICE * price[query.bin]
      if (!canGrow(instance, bin, longer, timeLeft(members[0]), most)) continue
      joined.push(query)
      total += size
      bin = longer
    }
    return [...waiting].filter((query) => members.includes(query) || joined.includes(query))
  }

  /** The batch that is worth most, less the cost of its time, and in time for its oldest query. */
  function byWorth(instance: Instance): Batch | undefined {
    const { type, slowdown } = instance
    const row = type * bins
    const items = inTime(instance).slice(0, MAX_ITEMS)
    const units = Math.min(Math.floor(largest[type] / rule.unit), MAX_UNITS)
    const costOfMs = (weight[type] * rule.timeFactor[type]) / (1 + rule.aheadDiscount[type] * pressure)
    const wait = shareUntilFast(instance)
    const gain = gainsByEnd(instance, units)
    const cost = gain.map((value, c) => costOfMs * meanMs[row + binOfTotal(batchSize, c * rule.unit)] - value)
    let most = -Infinity
    let members: readonly Query[] = []
    // of each size, the queries behind the one that is looked at that are worth most
    const best = new Array<Filled>(units + 1).fill({ worth: -Infinity, queries: [] })
    best[0] = { worth: 0, queries: [] }
    for (const query of items.toReversed()) {
      const left = timeLeft(query)
      const own = Math.ceil(batchSize[query.bin] / rule.unit)
      const worthOfQuery = worthOf(query, type, wait)
      const offer = (net: number, others: readonly Query[]) => {
        if (net <= most) return
        most = net
        members = [query, ...others]
      }
      offer(worthOfQuery - (costOfMs * meanMs[row + query.bin] - (gain[own] ?? 0)), [])
      for (let c = 1; c + own <= units; c++) {
        const cell = row + binOfTotal(batchSize, (own + c) * rule.unit)
        if (best[c].worth === -Infinity || guardMs[cell] * slowdown > left) continue
        offer(worthOfQuery + best[c].worth - cost[own + c], best[c].queries)
      }
      for (let c = units; c >= own; c--) {
        const withQuery = best[c - own].worth + worthOfQuery
        if (withQuery > best[c].worth)
          best[c] = { worth: withQuery, queries: [query, ...best[c - own].queries] }
      }
    }
    return members.length > 0 ? scored(members, instance) : undefined
  }

  /** What a batch of each size, in units, gains by when it ends: most midway between the ends of others on fast types. */
  function gainsByEnd(instance: Instance, units: number): number[] {
    const { type, slowdown } = instance
    const gains = new Array<number>(units + 1).fill(0)
    const ends = otherFastEnds(instance)
    if (rule.stagger[type] === 0 || ends.length === 0) return gains
    const again = Math.min(...ends) + (NEXT_BATCH * fullCost[type]) / weight[type]
    const timesAsLong = scene.slowdowns.ofMeans[type] * slowdown
    let end = 0
    for (let c = 1; c <= units; c++) {
      const ms = meanMs[type * bins + binOfTotal(batchSize, c * rule.unit)]
      end = Math.max(end, ms * timesAsLong)
      const before = Math.max(0, ...ends.filter((other) => other <= end))
      const next = Math.min(...ends.filter((other) => other > end))
      const behind = next < Infinity ? next : Math.max(end, again)
      gains[c] = rule.stagger[type] * (end - before) * (behind - end)
    }
    return gains
  }

  /** The time, as a share of QoS, that a query waits at least for an instance of a fast type if it does not start now. */
  function shareUntilFast(instance: Instance): number {
    const { type } = instance
    const ownMs = rule.isFast[type] ? fullCost[type] / weight[type] : qosMs
    return Math.min(qosMs, ownMs, ...otherFastEnds(instance)) / qosMs
  }

  /** How long the other instances of fast types are expected to be busy, ms; some may have started in this decision. */
  function otherFastEnds(instance: Instance): number[] {
    const others = fleet.filter((other) => other !== instance && rule.isFast[other.type] !== 0)
    return others.map((other) => {
      const startedMs = finishMs.get(other)
      return startedMs === undefined ? leftMs(other, nowMs) : Math.max(0, startedMs - nowMs)
    })
  }

  function worthOf({ bin, arrivalMs }: Query, type: number, wait: number): number {
    const age = (nowMs - arrivalMs) / qosMs + wait
    const z = Math.max(0, rule.ageScale[type] * age)
    const power = rule.isFast[type] ? z * z * z * z : z * z * z
    return worth[bin] * (1 + rule.ageWorth[type] * power)
  }

  /** Queries that have waited for `joinAge` join the most urgent one, oldest first. */
  function inOrder(instance: Instance): Batch | undefined {
    const { type } = instance
    const urgent = mostUrgent(instance)
    if (!urgent) return undefined
    const row = type * bins
    const joined = [urgent]
    let { bin } = urgent
    let total = batchSize[bin]
    let left = timeLeft(urgent)
    for (const query of live()) {
      if (query === urgent || nowMs - query.arrivalMs < rule.joinAge * qosMs) continue
      const size = batchSize[query.bin]
      if (eligible[row + query.bin] === 0 || joined.length >= MAX_MEMBERS || total + size > largest[type])
        continue
      const longer = binOfTotal(batchSize, total + size)
      const soonest = Math.min(left, timeLeft(query))
      const most = worth[query.bin] * ageFactor(AGE_OF_JOINING, query)
      if (!canGrow(instance, bin, longer, soonest, most)) continue
      joined.push(query)
      total += size
      bin = longer
      left = soonest
    }
    return scored(
      live().filter((query) => joined.includes(query)),
      instance,
    )
  }

  function scored(members: readonly Query[], instance: Instance): Batch {
    const { type } = instance
    const value = members.reduce((sum, query) => sum + worth[query.bin] * ageFactor(AGE_OF_TYPES, query), 0)
    return { score: value / (weight[type] * meanMs[type * bins + binOf(members)]), members, instance }
  }
}
