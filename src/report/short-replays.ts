import { percent } from './columns.ts'
import { formatRate } from './numbers.ts'

/** What short replays may exceed the long run by, as a share, before it is worth a word. */
const TOLERATED = 0.02

/**
 * A word on replays that are short beside the target, or undefined where they are not.
 *
 * @param rate queries a second
 * @param share what such replays may allow more than the long run does
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
