/** A batch while it runs: which of its attempts are open, and whether its time says how fast its server is. */
import { LONGEST_TURN_MS } from '../../stalls.ts'
import type { Attempt, Batch } from './attempt.ts'

type Changing = { -readonly [Key in keyof Batch]: Batch[Key] }

/** The share of stalls in the time of a batch above which nothing is learned from it. */
const MOST_STALLED = 0.1

/** @returns whether it was the last open attempt of its batch */
export function endAttempt(attempt: Attempt): boolean {
  const open = attempt.batch.open as Attempt[]
  const i = open.indexOf(attempt)
  if (i < 0) return false
  open.splice(i, 1)
  return open.length === 0
}

/** The time that it takes no longer says how fast its server is. */
export function noteNotWhole(batch: Batch): void {
  ;(batch as Changing).isWhole = false
}

/** Some of its requests are tried again on its server. */
export function noteRepeated(batch: Batch): void {
  noteNotWhole(batch)
  ;(batch as Changing).isRepeated = true
}

/**
 * Whether stalls are so large a part of its time that it says little of its server.
 *
 * @param stalledMs for how long the event loop has stood still by now, ms
 */
export function isStalled(
  batch: Pick<Batch, 'startMs' | 'stalledMs'>,
  stalledMs: number,
  nowMs: number,
): boolean {
  const countedMs = stalledMs - batch.stalledMs
  return countedMs > 0 && countedMs + LONGEST_TURN_MS > MOST_STALLED * (nowMs - batch.startMs)
}
