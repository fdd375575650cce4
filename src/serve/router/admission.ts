/**
 * Whether one more query can be answered in time. It is asked of a plan of what waits already: each query in
 * order of arrival on the cheapest instance that still meets its target, a cheap stand-in for the decisions
 * that the dispatcher is going to take.
 */
export interface PlannedInstance {
  /** When it is expected to be idle, ms on the clock of the router; in the past where it is. */
  readonly idleMs: number
  /** What a millisecond of it is worth against one of the fastest, 0 to 1. */
  readonly worth: number
  /** How long it takes for a bin, ms: rather what it takes at worst than in the mean. */
  serviceMs(bin: number): number
}

export interface PlannedQuery {
  readonly bin: number
  readonly arrivalMs: number
}

/** When the last of the queries would be answered, ms; Infinity without an instance. */
export function plannedFinish(
  queries: readonly PlannedQuery[],
  instances: readonly PlannedInstance[],
  qosMs: number,
  nowMs: number,
): number {
  const free = Float64Array.from(instances, ({ idleMs }) => Math.max(idleMs, nowMs))
  let finishMs = Infinity
  for (const { bin, arrivalMs } of queries) {
    let best = -1
    let least = Infinity
    let soonest = -1
    let soonestMs = Infinity
    for (let j = 0; j < instances.length; j++) {
      const doneMs = free[j] + instances[j].serviceMs(bin)
      if (doneMs < soonestMs) {
        soonestMs = doneMs
        soonest = j
      }
      const cost = instances[j].worth * (doneMs - nowMs)
      if (doneMs - arrivalMs <= qosMs && cost < least) {
        least = cost
        best = j
      }
    }
    if (soonest < 0) return Infinity
    if (best < 0) best = soonest
    finishMs = free[best] + instances[best].serviceMs(bin)
    free[best] = finishMs
  }
  return finishMs
}

/**
 * How many queries may still miss the target: the share that the workload lets miss, and a few to begin with. A
 * query that is expected to be late takes one of them, or is refused. What is refused pays debts back, but saves
 * nothing: under overload the share is one of what is accepted.
 */
export interface MissBudget {
  /**
   * Whether a query that is expected to be late is accepted all the same: because some may miss, because the fleet
   * is idle, or as a probe. Without probes, estimates that are wrong would refuse everything and never be corrected.
   */
  takesLate(fleetIdle: boolean): LateDecision
  /** A query was accepted. */
  accepted(): void
  /** A query was accepted that has missed, or is going to. */
  missed(): void
}

type LateDecision = 'accept' | 'probe' | 'refuse'

const FEW_MISSES = 5

/** Of refusals in a row, each of this number is a probe instead. */
const PROBE_EVERY = 20

export function createMissBudget(percentile: number): MissBudget {
  const share = 1 - percentile / 100
  let left = FEW_MISSES
  let refusedInRow = 0
  return {
    takesLate(fleetIdle) {
      if (left >= 1 || fleetIdle) return 'accept'
      if (left < 0) left += share
      refusedInRow++
      if (refusedInRow < PROBE_EVERY) return 'refuse'
      refusedInRow = 0
      return 'probe'
    },
    accepted() {
      refusedInRow = 0
      left = Math.min(2 * FEW_MISSES, left + share)
    },
    missed() {
      left = Math.max(-FEW_MISSES, left - 1)
    },
  }
}
