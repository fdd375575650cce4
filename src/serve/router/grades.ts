import type { LatencyTable } from '../../model/latency-table.ts'
import type { Workload } from '../../model/workload.ts'

/**
 * An instance that is slower or faster than its type is, to the dispatcher, one of another type: the table is
 * spread to grades of speed, a fixed ratio apart, and an instance changes its grade by leaving and joining.
 */
const RATIO = 1.15
const SLOWEST = 18
const FASTEST = -6
const GRADES = SLOWEST - FASTEST + 1

/** Beyond this much of a grade from the middle of its own, an instance changes: noise around a border does not. */
const STAY = 0.75

/** The name of a type in a grade; grade 0 is what the table says. */
export function gradedType(type: string, grade: number): string {
  return grade === 0 ? type : `${type} x${factorOf(grade).toFixed(3)}`
}

/** How many times as long everything takes in a grade. */
function factorOf(grade: number): number {
  return RATIO ** grade
}

/** The grade of an instance that takes `factor` times as long as its table, and is in grade `current`. */
export function gradeOf(factor: number, current: number): number {
  const exact = Math.log(factor) / Math.log(RATIO)
  if (Math.abs(exact - current) <= STAY) return current
  return Math.max(FASTEST, Math.min(SLOWEST, Math.round(exact)))
}

/** The workload with every type of its table in every grade. */
export function gradedWorkload(workload: Workload): { workload: Workload; types: string[] } {
  const { latency } = workload
  const grades = Array.from({ length: GRADES }, (_, i) => FASTEST + i)
  const spread = (values: Float64Array, scaled: boolean) => {
    const width = values.length / latency.types.length
    const all = new Float64Array(values.length * GRADES)
    latency.types.forEach((_, t) => {
      const row = values.subarray(t * width, (t + 1) * width)
      grades.forEach((grade, g) => {
        all.set(scaled ? row.map((ms) => ms * factorOf(grade)) : row, (t * GRADES + g) * width)
      })
    })
    return all
  }
  const types = latency.types.flatMap((type) => grades.map((grade) => gradedType(type, grade)))
  const table: LatencyTable = {
    ...latency,
    types,
    samples: spread(latency.samples, false),
    meanMs: spread(latency.meanMs, true),
    knotsMs: spread(latency.knotsMs, true),
  }
  return { workload: { ...workload, latency: table }, types }
}
