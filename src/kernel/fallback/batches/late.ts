/** Late queries of `batched`: which become late, and when they start. */
import { binOfTotal, hasRoom, oldestThatFit } from '../batch.ts'
import { type Instance, leftMs, type Query } from '../scene.ts'
import { binOf, canGrow, type Decision, lateOf, liveOf, slackOf, start } from './decision.ts'
import { isLastChance, untilNext } from './last-chance.ts'

/** The budget of misses is that of this many queries more than have arrived. */
const HEAD_START = 4000

/** A query is given up only if the work ahead without it takes more than this share of the time that it can wait. */
const MOST_BEFORE = 0.95

/** A query that was given up is live again if the work ahead is then at most this share of what it may be. */
const TAKEN_BACK = 0.85

/** The work ahead below which a nearly full batch of late queries starts, with all misses spent, and what is added with none. */
const LULL = 0.25
const LULL_OF_UNSPENT = 0.3
const NEARLY_FULL = 0.9

/** The age of a late query, in QoS, from which on any batch of late queries starts. */
const LATE_ANY = 120

/** A late query joins a batch if the time that it adds costs at most this share of its own cost. */
const MOST_OF_COST = 0.8

/** Step 1: no type can serve them in time. */
export function dropHopeless(decision: Decision): void {
  const { rule, scene } = decision
  for (const query of liveOf(decision)) {
    if (slackOf(decision, query) < rule.aloneMs[query.bin]) makeLate(query, scene.batches)
  }
}

function makeLate(query: Query, batches: Decision['scene']['batches']): void {
  batches.late.add(query)
  batches.everLate++
}

/** Step 2: more work is ahead than fits. Returns the work ahead, as a share of QoS. */
export function giveUp(decision: Decision): number {
  const { rule, scene } = decision
  const { weight, queryCost, qosMs, aloneMs } = rule
  const { batches, fleet, nowMs } = scene
  let capacity = 0
  let work = liveOf(decision).reduce((sum, { bin }) => sum + queryCost[bin], 0)
  for (const instance of fleet) {
    capacity += weight[instance.type]
    if (instance.busy) work += weight[instance.type] * leftMs(instance, nowMs)
  }
  const limit = rule.mostAhead * qosMs * capacity
  work = takeBack(decision, work, TAKEN_BACK * limit)
  const budget = rule.lateShare * (batches.arrived + HEAD_START)
  while (work > limit && batches.everLate + 1 <= budget) {
    const live = liveOf(decision)
    const most = Math.max(...live.map(({ bin }) => queryCost[bin]))
    const dearest = live.find(({ bin }) => queryCost[bin] === most)
    if (!dearest || !(most > 0)) break
    if (work - most <= MOST_BEFORE * capacity * (qosMs - aloneMs[dearest.bin])) break
    makeLate(dearest, batches)
    work -= most
  }
  return work / (qosMs * capacity)
}

/** Late queries that can be in time are live again, oldest first, while the work ahead stays small. Returns that work. */
function takeBack(decision: Decision, ahead: number, most: number): number {
  const { rule, scene } = decision
  let work = ahead
  for (const query of lateOf(decision)) {
    const withQuery = work + rule.queryCost[query.bin]
    if (withQuery > most || slackOf(decision, query) < rule.aloneMs[query.bin]) continue
    scene.batches.late.delete(query)
    scene.batches.everLate--
    work = withQuery
  }
  return work
}

/**
 * Step 3: little work is ahead, or they are late for very long.
 *
 * @param aheadShare the work ahead, as a share of QoS
 */
export function startOverdue(decision: Decision, aheadShare: number): void {
  const { rule, scene, idle } = decision
  const { fullCost, qosMs } = rule
  const overdue = lateOf(decision)
  if (overdue.length === 0 || idle.size === 0) return
  const spent = scene.batches.everLate / (rule.lateShare * scene.batches.arrived)
  const isLull = aheadShare < LULL + LULL_OF_UNSPENT * Math.max(0, 1 - spent)
  const isOverdue = scene.nowMs - overdue[0].arrivalMs > LATE_ANY * qosMs
  if (!isLull && !isOverdue) return
  const least = Math.min(...[...idle].map(({ type }) => fullCost[type]))
  const cheapest = scene.fleet.find((instance) => idle.has(instance) && fullCost[instance.type] === least)
  if (!cheapest || least === Infinity) return
  const volume = overdue.reduce((sum, { bin }) => sum + rule.batchSize[bin], 0)
  const isFull = volume >= NEARLY_FULL * rule.largest[cheapest.type]
  if (isOverdue || (isFull && !delaysTooLong(decision, cheapest))) startLate(decision, cheapest)
}

/** Whether a live query would be late if an instance served its largest batch now. */
function delaysTooLong(decision: Decision, instance: Instance): boolean {
  const { fullCost, weight } = decision.rule
  const nextMs = untilNext(decision, instance, fullCost[instance.type] / weight[instance.type])
  return liveOf(decision).some((query) => isLastChance(decision, query, nextMs))
}

/** Late queries join a batch, oldest first, where they fit, leave the live ones in time, and cost less than alone. */
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

/** Step 5: oldest first. */
export function startAllLate(decision: Decision): void {
  for (const instance of decision.scene.fleet) {
    if (decision.idle.has(instance) && lateOf(decision).length > 0) startLate(decision, instance)
  }
}

/** Step 6: no completion will help what is left. */
export function dropRest(decision: Decision): void {
  for (const query of liveOf(decision)) makeLate(query, decision.scene.batches)
}

function startLate(decision: Decision, instance: Instance): void {
  const { batchSize, largest } = decision.rule
  start(decision, oldestThatFit(lateOf(decision), batchSize, largest[instance.type]), instance)
}
