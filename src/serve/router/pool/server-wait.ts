import type { Clock } from '../../clock.ts'

/** Requests wait this long for a server, ms. */
const WAIT_MS = 2_000

/**
 * How long requests wait while no server is up.
 *
 * @param over called at the end of the time if a request waits
 */
export function createServerWait(clock: Clock, over: () => void) {
  let sinceMs = clock.now()
  let timer: { cancel(): void } | undefined
  const leftMs = () => Math.max(0, sinceMs + WAIT_MS - clock.now())

  /** A request waits: at the end of the time `over` is called. */
  function wait(): void {
    timer ??= clock.after(leftMs(), () => {
      timer = undefined
      over()
    })
  }

  /** A server is up. */
  function end(): void {
    timer?.cancel()
    timer = undefined
  }

  /** Starts the time again: the last server has left, or new ones are expected. */
  function restart(): void {
    sinceMs = clock.now()
    if (timer === undefined) return
    end()
    wait()
  }

  return { restart, isOpen: () => leftMs() > 0, wait, end }
}
