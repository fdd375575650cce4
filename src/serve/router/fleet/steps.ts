import type { Clock } from '../../clock.ts'

/** Pieces of work of one step. 50 servers that leave or join take one or two milliseconds. */
const PIECES = 50

/**
 * Work that is done in steps, between which everything else goes on.
 *
 * @param apply how a step is taken
 */
export function createSteps(clock: Clock, apply: (step: () => void) => void) {
  let next: { cancel(): void } | undefined

  function step(left: readonly (() => void)[]): void {
    next = undefined
    apply(() => {
      for (const piece of left.slice(0, PIECES)) piece()
    })
    if (left.length > PIECES) next = clock.after(0, () => step(left.slice(PIECES)))
  }

  /** Drops what is left. */
  const cancel = () => next?.cancel()
  return {
    /**
     * Takes the first step now and the others one by one as soon as the process is free. What is left of other work is
     * dropped.
     */
    take(work: readonly (() => void)[]): void {
      cancel()
      step(work)
    },
    cancel,
  }
}
