import { KairosError } from '../../../model/errors.ts'
import { groupDigits } from '../../../model/group-digits.ts'
import { MAX_QUERIES } from '../../../model/trace/trace.ts'

/**
 * The most latencies that an import keeps, of all its files: as many as a trace has queries. Quantiles need all of them
 * at once; they take 0.5 GiB.
 */
export const MOST_LATENCIES = MAX_QUERIES

export function tooManyLatencies(file: string): KairosError {
  const problem = `has more requests than an import keeps, ${groupDigits(MOST_LATENCIES)} of all files together`
  return new KairosError('TOO_LARGE', problem, { file }, 'import a shorter log, or fewer rows by --where')
}
