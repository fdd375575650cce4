import { counted } from '../../model/counted.ts'
import type { VerifiedSearch } from '../../model/results/search.ts'
import { formatGiven, formatRate } from '../numbers.ts'
import { configurationText } from '../phrases.ts'

/** What is said beside an evaluation: instances it was replayed without, refuted, tied, at the bound; or nothing. */
export function remarkOn(row: VerifiedSearch['evaluations'][number], types: readonly string[]): string {
  const { lost = [] } = row
  const without = lost.some((count) => count > 0) ? [`without ${configurationText(types, lost)}`] : []
  if (row.outcome === 'refuted') return ['refuted', ...without].join(' ')
  const remarks = [
    ...without,
    ...(row.tied ? [tieOf(row)] : []),
    ...(row.atBound ? ['at the bound, within the interval'] : []),
  ]
  return remarks.join('; ')
}

/** A row whose own interval reaches to 0 may equal any other: that says nothing of the two rows. */
function tieOf({ mean, halfWidth }: { readonly mean: number; readonly halfWidth: number }): string {
  return halfWidth >= mean ? 'too few repetitions to tell from the first' : 'tied with the first'
}

/** The replays of a search, in words. Those of a configuration at which it ended are not counted. */
export function replaysText({ replays, endedEarly }: VerifiedSearch['proof']): string {
  return `${counted(replays, 'replay')}${endedEarly ? ', without those of the configuration at which it ended' : ''}`
}

/** What happened where the search ended before there was a row. */
export function nothingMeasured({ evaluations, targetQps }: VerifiedSearch): string {
  if (evaluations.length === 0) return 'Nothing was measured before the search ended'
  const rate = targetQps === undefined ? 'any rate' : `${formatGiven(targetQps)} q/s`
  return `Nothing was measured to sustain ${rate} before the search ended`
}

/** Which configurations are listed where nothing was measured. */
export function orderByBound({ targetQps }: VerifiedSearch): string {
  const which = targetQps === undefined ? 'first by their bounds alone' : 'cheapest whose bounds reach it'
  return `The rows are the ${which}. No policy exceeds a bound, and what they sustain is not known`
}

/**
 * What is left to prove where a search ended early although no remaining bound exceeds the last row: it proves its rows
 * only with a margin for the interval of that row. Undefined where a bound does exceed it, or nothing is left to prove.
 */
export function leftToProve({ rows, proof, targetQps }: VerifiedSearch): string | undefined {
  const { proven, endedEarly, gap, nextBound } = proof
  const last = rows.at(-1)
  if (proven || !endedEarly || targetQps !== undefined || gap !== 0 || !last || nextBound === null)
    return undefined
  const [whose, which] = rows.length === 1 ? ['its', 'it is'] : ["the last row's", 'they are']
  const mean = `No remaining bound exceeds ${whose} mean of ${formatRate(last.mean)} q/s`
  const time = 'More time for the search can complete it'
  if (last.halfWidth === Infinity) {
    return `${mean}, but a single repetition has no interval, so ${which} not proven the best. ${time}; so can more --repeats.`
  }
  if (nextBound <= last.mean - last.halfWidth) return `${mean}, but the search is not complete. ${time}.`
  const interval = `${whose} interval, ± ${formatRate(last.halfWidth)} q/s, includes bounds of up to ${formatRate(nextBound)} q/s`
  return `${mean}, but ${interval}, so ${which} not proven the best. ${time}; more --repeats or --queries make the interval narrower.`
}
