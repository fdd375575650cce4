/** Late queries: which queries become late, and when late ones start. `BatchedRule` has the steps. */
import { binOfTotal, hasRoom } from '../batch.ts'
import { type BatchState, type Instance, leftMs, type Query } from '../scene.ts'
import { binOf, canGrow, type Decision, largestBatchMs, lateOf, liveOf, slackOf, start } from './decision.ts'
import { isLastChance, untilNext } from './last-chance.ts'

/** The budget of misses is that of this many queries more than have arrived. */
const HEAD_START = 4000

/** A query is given up only if the work ahead without it takes more than this share of the time that it can wait. */
const LEAST_WITHOUT = 0.95

/** Late queries are taken back while the work ahead is at most this share of its limit. */
const TAKEN_BACK = 0.85

/**
 * There is a lull while the work ahead, as a share of QoS, is less than LULL + LULL_OF_UNSPENT x the share of the
 * budget that is not spent.
 */
const LULL = 0.25
const LULL_OF_UNSPENT = 0.3

/** The share of the largest batch that late queries fill before they start in a lull. */
const NEARLY_FULL = 0.9

/** From this age of a late query on, in QoS, a batch of late ones of any size starts while budget is left. */
const OVERDUE_AGE = 120

/** A late query joins a batch if the time that it adds costs at most this share of its own cost. */
const MOST_OF_COST = 0.8

function makeLate(query: Query, batches: BatchState): void {
  batches.late.add(query)
  batches.everLate++
}

/** Step 1. */
export function makeHopelessLate(decision: Decision): void {
  const { rule, scene } = decision
  for (const query of liveOf(decision)) {
    if (slackOf(decision, query) < rule.aloneMs[query.bin]) makeLate(query, scene.batches)
  }
}

/** Step 2. Returns the work ahead, as a share of QoS. */
export function giveUp(decision: Decision): number {
  const { rule, scene } = decision
  const { weight, queryCost, qosMs, aloneMs } = rule
  const { batches, fleet, nowMs } = scene
  let capacity = 0
  let ahead = liveOf(decision).reduce((sum, { bin }) => sum + queryCost[bin], 0)
  for (const instance of fleet) {
    capacity += weight[instance.type]
    if (instance.busy) ahead += weight[instance.type] * leftMs(instance, nowMs)
  }
  const limit = rule.mostAhead * qosMs * capacity
  ahead = takeBack(decision, ahead, TAKEN_BACK * limit)
  const budget = rule.lateShare * (batches.everArrived + HEAD_START)
  while (ahead > limit && batches.everLate + 1 <= budget) {
    const query = dearestLive(decision)
    if (!query) break
    const without = ahead - queryCost[query.bin]
    if (without <= LEAST_WITHOUT * capacity * (qosMs - aloneMs[query.bin])) break
    makeLate(query, batches)
    ahead = without
  }
  return ahead / (qosMs * capacity)
}

/** The live query that costs most, of equal ones the oldest; none if none costs anything. */
function dearestLive(decision: Decision): Query | undefined {
  const { queryCost } = decision.rule
  const live = liveOf(decision).filter(({ bin }) => queryCost[bin] > 0)
  const most = Math.max(...live.map(({ bin }) => queryCost[bin]))
  return live.find(({ bin }) => queryCost[bin] === most)
}

/**
 * Makes late queries live that can be in time, oldest first, while the work ahead is at most `most`. Returns the work
 * ahead with them.
 */
function takeBack(decision: Decision, ahead: number, most: number): number {
  const { rule, scene } = decision
  for (const query of lateOf(decision)) {
    const withQuery = ahead + rule.queryCost[query.bin]
    if (withQuery > most || slackOf(decision, query) < rule.aloneMs[query.bin]) continue
    scene.batches.late.delete(query)
    scene.batches.everLate--
    ahead = withQuery
  }
  return ahead
}

/** Step 3. @param aheadShare the work ahead, as a share of QoS */
export function startLateBatch(decision: Decision, aheadShare: number): void {
  const { rule, scene } = decision
  const late = lateOf(decision)
  if (late.length === 0) return
  const spent = scene.batches.everLate / (rule.lateShare * scene.batches.everArrived)
  const isLull = aheadShare < LULL + LULL_OF_UNSPENT * Math.max(0, 1 - spent)
  // with the budget used up, starting what an overload left would make all that follows late
  const isOverdue = scene.nowMs - late[0].arrivalMs > OVERDUE_AGE * rule.qosMs && spent < 1
  const instance = cheapestIdle(decision)
  if (!instance) return
  const volume = late.reduce((sum, { bin }) => sum + rule.batchSize[bin], 0)
  const isFull = volume >= NEARLY_FULL * rule.largest[instance.type]
  if (isOverdue || (isLull && isFull && !delaysTooLong(decision, instance))) startLateOn(decision, instance)
}

/** The idle instance whose largest batch costs least, of equal ones the first. */
function cheapestIdle({ rule, scene, idle }: Decision): Instance | undefined {
  const least = Math.min(...[...idle].map(({ type }) => rule.fullCost[type]))
  return scene.fleet.find((instance) => idle.has(instance) && rule.fullCost[instance.type] === least)
}

/** Whether a live query would be late if an instance served its largest batch now. */
function delaysTooLong(decision: Decision, instance: Instance): boolean {
  const nextMs = untilNext(decision, instance, largestBatchMs(decision, instance.type))
  return liveOf(decision).some((query) => isLastChance(decision, query, nextMs))
}

/** Step 6. */
export function startLateOnIdle(decision: Decision): void {
  for (const instance of decision.scene.fleet) {
    if (decision.idle.has(instance) && lateOf(decision).length > 0) startLateOn(decision, instance)
  }
}

/** Step 7. */
export function makeAllLate(decision: Decision): void {
  for (const query of liveOf(decision)) makeLate(query, decision.scene.batches)
}

/**
 * Starts late queries on an idle instance, oldest first, as many as fit. One that takes too long there, or makes the
 * batch too long, is left out until it has waited for as long as that.
 */
function startLateOn(decision: Decision, instance: Instance): void {
  const { rule, scene } = decision
  const { batchSize, largest, longestLateMs } = rule
  const row = instance.type * scene.bins
  const members: Query[] = []
  let ms = 0
  let total = 0
  for (const query of lateOf(decision)) {
    const size = batchSize[query.bin]
    if (members.length > 0 && !hasRoom(members.length, total, size, largest[instance.type])) continue
    const bin = members.length === 0 ? query.bin : binOfTotal(batchSize, total + size)
    const longer = scene.meanMs[row + bin]
    if (longer - ms > Math.max(longestLateMs[row + query.bin], scene.nowMs - query.arrivalMs)) continue
    members.push(query)
    total += size
    ms = longer
  }
  if (members.length > 0) start(decision, members, instance)
}

/**
 * A batch with the late queries that join it, oldest first: those that fit, that leave it in time for its live queries,
 * and that add at most MOST_OF_COST of their own cost.
 */
export function withLate(decision: Decision, members: readonly Query[], instance: Instance): Query[] {
  const { rule, waiting } = decision
  const { batchSize } = rule
  const slackMs = slackOf(decision, members[0])
  const joined: Query[] = []
  let bin = binOf(decision, members)
  let total = members.reduce((sum, query) => sum + batchSize[query.bin], 0)
  for (const query of lateOf(decision)) {
    const size = batchSize[query.bin]
    if (!hasRoom(members.length + joined.length, total, size, rule.largest[instance.type])) continue
    const longer = binOfTotal(batchSize, total + size)
    const most = MOST_OF_COST * rule.queryCost[query.bin]
    if (!canGrow(decision, instance, bin, longer, slackMs, most)) continue
    joined.push(query)
    total += size
    bin = longer
  }
  return [...waiting].filter((query) => members.includes(query) || joined.includes(query))
}
