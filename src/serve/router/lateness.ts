import { quantileMs } from '../../model/latency-table.ts'
import type { Workload } from '../../model/workload.ts'
import { type PlannedInstance, type PlannedQuery, plannedFinish } from './admission.ts'
import type { Member } from './member.ts'

/** The quantile of service times that a promise to be in time reckons with. */
const CAREFUL = 0.95

/** Tells how much later than its target one more query would be answered, ms; 0 or less: in time. */
export function createLateness({ latency, qosMs }: Workload) {
  const bins = latency.batchSizes.length
  const carefulMs = Float64Array.from(latency.meanMs, (_, row) => quantileMs(latency, row, CAREFUL))
  const largestMs = ({ type, factor }: Member) => factor * latency.meanMs[(type + 1) * bins - 1]

  return (query: PlannedQuery, before: PlannedQuery[], up: Iterable<Member>, nowMs: number): number => {
    const members = [...up]
    const fastestMs = members.reduce((least, member) => Math.min(least, largestMs(member)), Infinity)
    const instances: PlannedInstance[] = members.map((member) => ({
      idleMs: member.idleMs,
      worth: fastestMs / largestMs(member),
      serviceMs: (bin) => member.factor * carefulMs[member.type * bins + bin],
    }))
    return plannedFinish([...before, query], instances, qosMs, nowMs) - query.arrivalMs - qosMs
  }
}
