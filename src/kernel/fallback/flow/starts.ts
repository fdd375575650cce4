import type { FlowRule } from '../../rules.ts'
import type { Query, Scene } from '../scene.ts'
import { assignedTo, byArrival, takeOut } from './state.ts'
import { byLatestStart, type FlowTable } from './table.ts'

/** About how many late queries that wait a decision looks at: in larger fleets each stands for several. */
const LOOKED_AT = 64

/** Which queries of the flow start on idle instances. */
export function flowStarts({ weight, qosMs }: FlowRule, { flow, fleet, meanMs }: Scene, table: FlowTable) {
  const { types, bins, nowMs } = table
  const all = Array.from({ length: types }, (_, t) => t)
  const oldestLate = (): Query | undefined => [...flow.late].sort(byArrival)[0]
  /** The type on which a late query costs least; nothing is lost by missing its target again. */
  const cheapestFor = ({ bin }: Query, waitsMs: (type: number) => number): number => {
    const cost = (t: number) => weight[t] * (waitsMs(t) + meanMs[t * bins + bin])
    return all.filter((t) => table.isThere(t)).reduce((least, t) => (cost(t) < cost(least) ? t : least))
  }

  return {
    /** Late queries that have waited for QoS, oldest first, as long as queries may be late. */
    startOverdue() {
      while (flow.allowance >= 1) {
        const query = oldestLate()
        if (!query || query.arrivalMs + qosMs >= nowMs) return
        const type = cheapestFor(query, () => 0)
        if (table.idle(type).length === 0) return
        takeOut(flow, query)
        table.start(query, type)
      }
    },
    startAssigned(type: number) {
      for (const query of assignedTo(flow, type).sort(byLatestStart(flow, table, type))) {
        if (table.idle(type).length === 0) return
        takeOut(flow, query)
        table.start(query, type)
      }
    },
    /**
     * Oldest first, where that is cheapest, until that is a type without an idle instance. If there are more late
     * queries than instances, one that waits for such a type stays ahead of those that follow.
     */
    startLate() {
      const isBacklog = flow.late.size > fleet.length
      const waiting = all.map(() => 0)
      const stride = Math.ceil(fleet.length / LOOKED_AT)
      const late = [...flow.late].sort(byArrival)
      for (let waited = 0; waited < late.length && all.some((t) => table.idle(t).length > 0); ) {
        const type = cheapestFor(late[waited], (t) =>
          table.leftMs(t, assignedTo(flow, t).length + waiting[t]),
        )
        if (table.idle(type).length > 0) {
          const [query] = late.splice(waited, 1)
          takeOut(flow, query)
          table.start(query, type)
        } else if (isBacklog) {
          waiting[type] += stride
          waited += stride
        } else return
      }
    },
  }
}
