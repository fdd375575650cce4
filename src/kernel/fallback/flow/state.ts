import type { FlowState, Level, Query } from '../scene.ts'

/** How many queries count as having arrived before the first one, and the most that may be allowed at a time. */
const HEAD_START = 200
const MOST_ALLOWED = 1000

export function createFlowState(): FlowState {
  return {
    assigned: new Map(),
    stalled: new Set(),
    late: new Set(),
    allowance: 0,
    stretch: undefined,
    invalidate() {
      this.assigned.clear()
      this.stalled.clear()
      this.stretch = undefined
    },
    forget(lateShare) {
      this.invalidate()
      this.late.clear()
      this.allowance = HEAD_START * lateShare
    },
    arrive(lateShare) {
      this.allowance = Math.min(MOST_ALLOWED, this.allowance + lateShare)
    },
  }
}

/** In order of arrival. */
export function byArrival(a: Query, b: Query): number {
  return a.arrivalMs - b.arrivalMs || a.sequence - b.sequence
}

export function assignedTo({ assigned }: FlowState, type: number): Query[] {
  return [...assigned.keys()].filter((query) => assigned.get(query)?.type === type)
}

export function oldestLate({ late }: FlowState): Query | undefined {
  return [...late].sort(byArrival)[0]
}

export function levelOf({ assigned }: FlowState, query: Query): Level {
  return assigned.get(query)?.level ?? 0
}

/** Takes a query out of where it is. */
export function takeOut({ assigned, stalled, late }: FlowState, query: Query): void {
  assigned.delete(query)
  stalled.delete(query)
  late.delete(query)
}
