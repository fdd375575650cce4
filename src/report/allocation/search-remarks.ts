import type { VerifiedSearch } from '../../model/results/search.ts'
import { configurationText } from '../phrases.ts'

/** What is said beside an evaluation: without which instances it was replayed, refuted, tied, at the bound; or nothing. */
export function remarkOn(row: VerifiedSearch['evaluations'][number], types: readonly string[]): string {
  const { lost = [] } = row
  const without = lost.some((count) => count > 0) ? [`without ${configurationText(types, lost)}`] : []
  if (row.outcome === 'refuted') return ['refuted', ...without].join(' ')
  const remarks = [
    ...without,
    ...(row.tied ? ['tied with the first'] : []),
    ...(row.atBound ? ['at the bound, within the interval'] : []),
  ]
  return remarks.join('; ')
}

/** What happened where the search ended before there was a row. */
export function nothingMeasured({ evaluations, targetQps }: VerifiedSearch): string {
  if (evaluations.length === 0) return 'Nothing was measured before the search ended'
  const rate = targetQps === undefined ? 'any rate' : `${targetQps} q/s`
  return `Nothing was measured to sustain ${rate} before the search ended`
}

/** Which configurations are listed where nothing was measured. */
export function orderByBound({ targetQps }: VerifiedSearch): string {
  const which = targetQps === undefined ? 'first by their bounds alone' : 'cheapest whose bounds reach it'
  return `The rows are the ${which}. No policy exceeds a bound, and what they sustain is not known`
}
