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
 * How many queries may still miss the target: the share that the workload lets miss of those that were
 * accepted, and a few to begin with. Who knows that a query will be late takes one of them, or refuses it.
 */
export interface MissBudget {
  readonly left: number
  /** A query was accepted. */
  accepted(): void
  /** A query has missed, or is going to. */
  missed(): void
}

const FEW_MISSES = 5

export function createMissBudget(percentile: number): MissBudget {
  const share = 1 - percentile / 100
  let left = FEW_MISSES
  return {
    get left() {
      return left
    },
    accepted() {
      left = Math.min(2 * FEW_MISSES, left + share)
    },
    missed() {
      left = Math.max(-4 * FEW_MISSES, left - 1)
    },
  }
}
