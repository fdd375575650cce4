/** The latencies of long logs. Quantiles need all of them at once, so memory grows with the log, up to a limit. */
import { KairosError } from '../../../model/errors.ts'
import { groupDigits } from '../../../model/group-digits.ts'
import { MAX_QUERIES } from '../../../model/trace/trace.ts'

/** The most latencies that an import keeps, of all its files: as many as a trace has queries. They take 0.5 GiB. */
export const MOST_LATENCIES = MAX_QUERIES

/** Latencies, ms, in an array that doubles when it is full. */
export interface KeptLatencies {
  ms: Float64Array
  count: number
}

export function keep(latencies: KeptLatencies, ms: number): void {
  if (latencies.count === latencies.ms.length) {
    const larger = new Float64Array(2 * latencies.count)
    larger.set(latencies.ms)
    latencies.ms = larger
  }
  latencies.ms[latencies.count++] = ms
}

export const noLatencies = (): KeptLatencies => ({ ms: new Float64Array(16), count: 0 })

export const latenciesOf = ({ ms, count }: KeptLatencies): Float64Array => ms.subarray(0, count)

export function tooManyLatencies(file: string): KairosError {
  const problem = `has more requests than an import keeps, ${groupDigits(MOST_LATENCIES)} of all files together`
  return new KairosError('TOO_LARGE', problem, { file }, 'import a shorter log, or fewer rows by --where')
}
