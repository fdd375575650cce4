import type { PricedRule } from '../../rules.ts'
import { cheapestPairs } from '../cheapest-pairs.ts'
import { idlePositions } from '../fleet.ts'
import { isLight, startOnSoonestInstance } from '../light.ts'
import { leftMs, type Pair, type Query, type Scene, serviceOf } from '../scene.ts'

/** A decision while it is taken. Instances are named by their positions in the fleet. */
interface Decision {
  readonly rule: PricedRule
  readonly scene: Scene
  /** By position: the time until the instance is expected to be idle, ms. */
  readonly left: number[]
  readonly idle: Set<number>
  readonly pairs: Pair[]
}

export function priced(rule: PricedRule, scene: Scene): Pair[] {
  const { queue, fleet, nowMs } = scene
  const pairs: Pair[] = []
  const left = fleet.map((instance) => leftMs(instance, nowMs))
  const idle = idlePositions(fleet)
  const decision = { rule, scene, left, idle, pairs }
  const isInTime = (query: Query) => rule.qosMs - (nowMs - query.arrivalMs) > 0
  if (queue.every(isInTime) && isLight(scene, rule)) {
    const isComplete = startOnSoonestInstance(scene, rule, (query, instance) =>
      start(decision, query, fleet.indexOf(instance)),
    )
    if (isComplete) return pairs
  }
  const isPending = (query: Query) => pairs.every((pair) => pair.query !== query)
  const first = queue.filter((query) => isPending(query) && isInTime(query)).slice(0, 2 * fleet.length)
  startWhereCheapest(decision, startInTime(decision, first), false)
  const late = queue.filter((query) => !isInTime(query))
  startWhereCheapest(decision, late.slice(0, fleet.length), late.length > fleet.length)
  return pairs
}

/**
 * Starts the pairs of the matching whose instance is idle. A query that is late where it is matched waits, if another
 * instance can serve it in time after that instance's own matched query, and if others are pending. Returns those that
 * are left over, because they take too long where they are matched.
 */
function startInTime(decision: Decision, queries: readonly Query[]): Query[] {
  const { rule, scene, left, idle } = decision
  const { fleet } = scene
  const pairs = cheapestPairs(queries, fleet, (query, j) => costOf(decision, query, j))
  const isLateOn = pairs.map(([query, j]) => !isServed(decision, query, j, left[j], rule.looseGuardMs))
  // the time until each instance is idle again after the query that it is matched with
  const later = left.slice()
  pairs.forEach(([query, j], i) => {
    if (!isLateOn[i]) later[j] += serviceOn(decision, query, j)
  })
  /** Whether an instance serves a query in time when it is idle again; the first one then has that query ahead too. */
  const isInTimeLater = (query: Query): boolean => {
    // an idle instance that starts nothing now has no completion, at which the query could start
    const at = later.findIndex(
      (idleMs, j) => (fleet[j].busy || idleMs > 0) && isServed(decision, query, j, idleMs, rule.guardMs),
    )
    if (at >= 0) later[at] += serviceOn(decision, query, at)
    return at >= 0
  }
  const leftOver: Query[] = []
  pairs.forEach(([query, j], i) => {
    const isLate = isLateOn[i]
    if (!idle.has(j) || (isLate && queries.length > 1 && isInTimeLater(query))) return
    if (isLate && takesTooLong(decision, query, j)) {
      leftOver.push(query)
      return
    }
    if (isLate) later[j] += serviceOn(decision, query, j)
    start(decision, query, j)
  })
  return leftOver
}

/**
 * Starts each query on the instance with its least placement, if that is idle.
 *
 * @param isBacklog whether one that waits stays ahead of those that follow, so that these find other instances
 */
function startWhereCheapest(decision: Decision, queries: readonly Query[], isBacklog: boolean): void {
  const { scene, left, idle } = decision
  const leftAtEnd = left.slice()
  for (const query of queries) {
    if (idle.size === 0) break
    const placements = scene.fleet.map((_, j) => placementOf(decision, query, j))
    const j = placements.indexOf(Math.min(...placements))
    if (idle.has(j)) {
      start(decision, query, j)
      leftAtEnd[j] = left[j]
      left[j] = serviceOn(decision, query, j)
    } else if (isBacklog) {
      left[j] += serviceOn(decision, query, j)
    }
  }
  left.splice(0, left.length, ...leftAtEnd)
}

/** Starts a query on an idle instance. */
function start({ scene, left, idle, pairs }: Decision, query: Query, j: number): void {
  const instance = scene.fleet[j]
  idle.delete(j)
  pairs.push({ query, instance })
  // with the rounding of an expected finish less the time of the decision
  left[j] = Math.max(0, scene.nowMs + serviceOf(scene, query.bin, instance) - scene.nowMs)
}

function costOf(decision: Decision, query: Query, j: number): number {
  const { rule, scene, left } = decision
  if (isServed(decision, query, j, left[j], rule.guardMs)) {
    return placementOf(decision, query, j) - (scene.nowMs - query.arrivalMs)
  }
  return isServed(decision, query, j, left[j], rule.looseGuardMs) ? rule.looseCost : rule.missCost
}

function placementOf({ rule, scene, left }: Decision, { bin }: Query, j: number): number {
  const { weight, reducedCost } = rule
  const { type, slowdown } = scene.fleet[j]
  const cell = type * scene.bins + bin
  return weight[type] * left[j] + (reducedCost[cell] + weight[type] * scene.meanMs[cell] * (slowdown - 1))
}

/** Whether an instance that is idle after some time serves a query within the target, by one of its two quantiles. */
function isServed(
  { rule, scene }: Decision,
  { arrivalMs, bin }: Query,
  j: number,
  idleMs: number,
  quantileMs: Float64Array,
): boolean {
  const { type, slowdown } = scene.fleet[j]
  const rest = rule.qosMs - (scene.nowMs - arrivalMs) - idleMs
  return rest - quantileMs[type * scene.bins + bin] * (scene.slowdowns.ofQuantiles[type] * slowdown) >= 0
}

/** Whether a query takes longer on an instance than a late one may. */
function takesTooLong({ rule, scene }: Decision, { bin }: Query, j: number): boolean {
  const cell = scene.fleet[j].type * scene.bins + bin
  return scene.meanMs[cell] > rule.longestLateMs[cell]
}

function serviceOn({ scene }: Decision, { bin }: Query, j: number): number {
  return serviceOf(scene, bin, scene.fleet[j])
}
