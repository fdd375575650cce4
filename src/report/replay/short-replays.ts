import { formatGiven, formatRate, percent } from '../numbers.ts'

/** The excess over the long run, as a share, above which a note is given. */
const TOLERATED = 0.02

/**
 * A note that replays are short relative to the target, or undefined where they are long enough.
 *
 * @param rate queries per second
 * @param excessAt by how much replays of so many queries may exceed the long run, as a share: a part that falls with
 *   the number of queries, and what is left of an infinite number
 */
export function shortReplays(
  { queries, qosMs }: { readonly queries: number; readonly qosMs: number },
  rate: number,
  excessAt: (queries: number) => number,
): string | undefined {
  const share = excessAt(queries)
  if (share <= TOLERATED) return undefined
  const least = excessAt(Infinity)
  const seconds = formatRate(queries / rate)
  const enough = Math.ceil((queries * (share - least)) / (TOLERATED - least) / 1000) * 1000
  const cure = least < TOLERATED ? ` (--queries ${enough}: ${percent(TOLERATED, 0)})` : ''
  return `replays of ${seconds} s are short for a target of ${formatGiven(qosMs)} ms: they may allow ${percent(share, 1)} more than the long run does${cure}`
}
