/** Whether a server serves requests one after another that are measured at the same time. */
import { medianOf } from './client-cost.ts'
import { type Send, timeTogether } from './rounds.ts'

const REPEATS = 3
/** From this share of the time one after another on, nothing is gained by several at the same time. */
const NO_GAIN = 0.8

/**
 * How many times as long as one request several at the same moment take, if that is about as long as one after another:
 * then the times of a table at this concurrency are mostly those of waiting.
 *
 * @returns undefined if it is less
 */
export async function oneAfterAnother(
  send: Send,
  size: number,
  concurrency: number,
): Promise<number | undefined> {
  const ratios: number[] = []
  for (let i = 0; i < REPEATS; i++) {
    const alone = await timeTogether(send, 1, size)
    ratios.push((await timeTogether(send, concurrency, size)) / alone)
  }
  const ratio = medianOf(ratios)
  return ratio >= NO_GAIN * concurrency ? ratio : undefined
}
