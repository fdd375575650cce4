/** Requests in a closed loop: as many are under way as the concurrency; the next is sent when one is answered. */

/** Sends a batch and waits for its answer. */
export type Send = (batchSize: number) => Promise<void>

interface ClosedLoop {
  readonly concurrency: number
  /** The size of the next request: an endless sequence. */
  next(): number
  /**
   * Takes the time of each answered request, as answers come.
   *
   * @param request its number, from 0, in the order of `next`
   * @returns whether there are enough
   */
  take(request: number, ms: number): Promise<boolean> | boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs until `take` has enough. The load stays the same to the end: requests that are under way then are waited for,
 * and their times are dropped.
 *
 * @throws what `send` and `take` throw; the reason of an aborted signal
 */
export async function runClosedLoop(send: Send, loop: ClosedLoop): Promise<void> {
  const { concurrency, signal } = loop
  let sent = 0
  let isOver = false
  const worker = async () => {
    while (!isOver) {
      signal?.throwIfAborted()
      const request = sent++
      const size = loop.next()
      const started = performance.now()
      await send(size)
      const ms = performance.now() - started
      if (!isOver && (await loop.take(request, ms))) isOver = true
    }
  }
  const workers = Array.from({ length: concurrency }, () =>
    worker().catch((error: unknown) => {
      isOver = true
      throw error
    }),
  )
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
