/** The times of requests: in rounds, a few under way at a time, or of some that are sent at the same moment. */
import type { MeasuredRound } from '../../model/results/measurement.ts'

/** Sends a batch and waits for its answer. */
export type Send = (batchSize: number) => Promise<void>

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
 * Measures rounds in a closed loop: the next request is sent when one is answered. Sizes are shuffled: a server that
 * gets one size in a row is faster than one in traffic. The load stays the same to the end: requests that are under way
 * then are waited for, and their times are dropped.
 *
 * @param onRound called with each round, in order, once all of its samples are there
 * @throws what `send` and `onRound` throw; the reason of an aborted signal
 */
export async function measureRounds(
  send: Send,
  { sizes, warmUp, rounds, concurrency, uniform, signal }: RoundsAsked,
  onRound: (samplesMs: MeasuredRound['samplesMs']) => Promise<void> | void,
): Promise<void> {
  const { length } = sizes
  const pick = shuffledRounds(length, uniform)
  const open = new Map<number, { readonly samplesMs: number[]; missing: number }>()
  let sent = 0
  let done = 0
  let isOver = rounds === 0
  let kept = Promise.resolve()

  async function take(round: number, index: number, ms: number): Promise<void> {
    if (round < 0 || round >= rounds) return
    const samples = open.get(round) ?? { samplesMs: new Array<number>(length), missing: length }
    open.set(round, samples)
    samples.samplesMs[index] = ms
    if (--samples.missing > 0) return
    // a later round may be complete before an earlier one
    while (open.get(done)?.missing === 0) {
      const { samplesMs } = open.get(done)!
      open.delete(done++)
      kept = kept.then(() => onRound(samplesMs))
    }
    await kept
    isOver ||= done === rounds
  }

  async function work(): Promise<void> {
    try {
      while (!isOver) {
        signal?.throwIfAborted()
        const round = Math.floor(sent++ / length) - warmUp
        const index = pick()
        const started = performance.now()
        await send(sizes[index])
        const ms = performance.now() - started
        if (!isOver) await take(round, index, ms)
      }
    } finally {
      isOver = true
    }
  }
  const workers = Array.from({ length: concurrency }, work)
  await Promise.allSettled(workers)
  await Promise.all(workers)
}

/** How long requests of one size take that are sent at the same moment, ms: until the last is answered. */
export async function timeTogether(send: Send, requests: number, size: number): Promise<number> {
  const started = performance.now()
  await Promise.all(Array.from({ length: requests }, () => send(size)))
  return performance.now() - started
}

/** An endless sequence of the numbers from 0 to `count` - 1: each round has every number once, in random order. */
export function shuffledRounds(count: number, uniform: () => number): () => number {
  const order = Array.from({ length: count }, (_, i) => i)
  let at = count
  return () => {
    if (at === count) {
      at = 0
      for (let i = count - 1; i > 0; i--) {
        const j = Math.floor(uniform() * (i + 1))
        const swapped = order[i]
        order[i] = order[j]
        order[j] = swapped
      }
    }
    return order[at++]
  }
}
