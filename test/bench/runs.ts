import type { SuiteResult } from '../../bench/measure.ts'
import { type Run, runOf } from '../../bench/run-file.ts'

/** A run of the lattice suite on this machine. */
export function runWith(result: Partial<SuiteResult>): Run {
  return runOf([{ suite: 'lattice', timings: [], figures: [], ...result }])
}
