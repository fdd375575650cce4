/**
 * Flags that may be given more than once. Their values are one text, a value a line, so that a saved configuration
 * repeats them; a value that is given once stays what it is.
 */
import { type CountsFlag, parseCounts } from './counts-flag.ts'

/** Parses one of several flags of counts. @throws InvalidArgumentError as `parseCounts` */
export function parseEachCounts(text: string, previous: CountsFlag | undefined): CountsFlag {
  const all = parseEach(text, previous?.toString())
  const each = all.split('\n').map(parseCounts)
  return each.length === 1 ? each[0] : all
}

/** Adds a text to those that were given before. */
export function parseEach(text: string, previous: string | undefined): string {
  return previous === undefined ? text : `${previous}\n${text}`
}

/** The counts that were given, one by one; undefined where there are none. */
export function eachCounts(counts: CountsFlag | undefined): readonly (CountsFlag | undefined)[] {
  return typeof counts === 'string' ? counts.split('\n').map(parseCounts) : [counts]
}

/** Whether flags name several configurations, traces or seeds: then each combination is a replay of its own. */
export function isForEach({
  counts,
  trace,
  seeds,
}: {
  readonly counts?: CountsFlag
  readonly trace?: string
  readonly seeds?: readonly number[]
}): boolean {
  return seeds !== undefined || isRepeated(counts) || isRepeated(trace)
}

/** Whether a flag was given more than once. */
function isRepeated(value: CountsFlag | undefined): boolean {
  return typeof value === 'string' && value.includes('\n')
}
