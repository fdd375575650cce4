import type { FlowState, Query } from '../scene.ts'

export function createFlowState(): FlowState {
  return {
    assigned: new Map(),
    stalled: new Set(),
    late: new Set(),
    stretch: undefined,
    open() {
      this.assigned.clear()
      this.stalled.clear()
      this.stretch = undefined
    },
    forget() {
      this.open()
      this.late.clear()
    },
  }
}

/** In order of arrival. */
export function byArrival(a: Query, b: Query): number {
  return a.arrivalMs - b.arrivalMs || a.sequence - b.sequence
}

/** Takes a query out of where it is. */
export function takeOut({ assigned, stalled, late }: FlowState, query: Query): void {
  assigned.delete(query)
  stalled.delete(query)
  late.delete(query)
}
