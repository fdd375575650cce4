import { quantileMs } from '../../model/latency-table.ts'
import type { Workload } from '../../model/workload.ts'
import { type PlannedInstance, type PlannedQuery, plannedFinish } from './admission.ts'
import type { Member } from './member.ts'

/** The quantile of service times that a promise to be in time reckons with. */
const CAREFUL = 0.95

/** The share of the target that is kept for the way, as the published matching keeps it. */
const MARGIN = 0.02

/** When one more query would be answered. */
export interface Expectation {
  /** From its arrival, ms. */
  readonly latencyMs: number
  /** Up to how long it may take for a promise, ms. */
  readonly promisedMs: number
  /** Whether that is too close to the target for a promise. */
  readonly isLate: boolean
}

export function createLateness({ latency, qosMs }: Workload) {
  const bins = latency.batchSizes.length
  const carefulMs = Float64Array.from(latency.meanMs, (_, row) => quantileMs(latency, row, CAREFUL))
  const largestMs = ({ type, factor }: Member) => factor * latency.meanMs[(type + 1) * bins - 1]

  return (query: PlannedQuery, before: PlannedQuery[], up: Iterable<Member>, nowMs: number): Expectation => {
    const members = [...up]
    const fastestMs = members.reduce((least, member) => Math.min(least, largestMs(member)), Infinity)
    const instances: PlannedInstance[] = members.map((member) => ({
      idleMs: member.idleMs,
      worth: fastestMs / largestMs(member),
      serviceMs: (bin) => member.factor * carefulMs[member.type * bins + bin],
    }))
    const targetMs = (1 - MARGIN) * qosMs
    const latencyMs = plannedFinish([...before, query], instances, targetMs, nowMs) - query.arrivalMs
    return { latencyMs, promisedMs: targetMs, isLate: latencyMs > targetMs }
  }
}
