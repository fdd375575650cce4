import { formatRate, percent } from '../numbers.ts'

/** The excess over the long run, as a share, above which a note is given. */
const TOLERATED = 0.02

/**
 * A note that replays are short relative to the target, or undefined where they are long enough.
 *
 * @param rate queries per second
 * @param share by how much such replays may exceed the long run, as a share
 */
export function shortReplays(
  { queries, qosMs }: { readonly queries: number; readonly qosMs: number },
  rate: number,
  share: number,
): string | undefined {
  if (share <= TOLERATED) return undefined
  const seconds = formatRate(queries / rate)
  const enough = Math.ceil((queries * share) / TOLERATED / 1000) * 1000
  const more = `they may allow ${percent(share, 1)} more than the long run does`
  return `replays of ${seconds} s are short for a target of ${qosMs} ms: ${more} (--queries ${enough}: ${percent(TOLERATED, 0)})`
}
