import type { MeasuredRound } from '../../model/results/measurement.ts'
import { runClosedLoop, type Send, shuffledRounds } from './closed-loop.ts'

export interface RoundsAsked {
  readonly sizes: readonly number[]
  /** Rounds that are dropped, and rounds that count. */
  readonly warmUp: number
  readonly rounds: number
  readonly concurrency: number
  readonly uniform: () => number
  readonly signal?: AbortSignal | undefined
}

/**
 * Measures rounds. Sizes are shuffled: a server that gets one size in a row is faster than one in traffic.
 *
 * @param onRound called with each round, in order, once all of its samples are there
 */
export async function measureRounds(
  send: Send,
  { sizes, warmUp, rounds, concurrency, uniform, signal }: RoundsAsked,
  onRound: (samplesMs: MeasuredRound['samplesMs']) => Promise<void> | void,
): Promise<void> {
  if (rounds === 0) return
  const { length } = sizes
  const pick = shuffledRounds(length, uniform)
  /** The index of the size of each request. */
  const sizeIndex: number[] = []
  const open = new Map<number, { readonly samplesMs: number[]; missing: number }>()
  let done = 0
  let kept = Promise.resolve()
  await runClosedLoop(send, {
    concurrency,
    next() {
      const index = pick()
      sizeIndex.push(index)
      return sizes[index]
    },
    async take(request, ms) {
      const round = Math.floor(request / length) - warmUp
      if (round < 0 || round >= rounds) return false
      const samples = open.get(round) ?? { samplesMs: new Array<number>(length), missing: length }
      open.set(round, samples)
      samples.samplesMs[sizeIndex[request]] = ms
      if (--samples.missing > 0) return false
      // a later round may be complete before an earlier one
      while (open.get(done)?.missing === 0) {
        const { samplesMs } = open.get(done)!
        open.delete(done++)
        kept = kept.then(() => onRound(samplesMs))
      }
      await kept
      return done === rounds
    },
    signal,
  })
}
