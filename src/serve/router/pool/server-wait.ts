import type { Clock } from '../../clock.ts'

/** Requests wait this long for a server, ms. */
const WAIT_MS = 2_000

/** How long requests wait while no server is up. */
interface ServerWait {
  /** Starts the time again: the last server has left, or new ones are expected. */
  restart(): void
  /** Whether time is left. */
  isOpen(): boolean
  /** A request waits: at the end of the time `over` is called. */
  wait(): void
  /** A server is up. */
  end(): void
}

/** @param over called at the end of the time if a request waits */
export function createServerWait(clock: Clock, over: () => void): ServerWait {
  let sinceMs = clock.now()
  let timer: { cancel(): void } | undefined
  const leftMs = () => Math.max(0, sinceMs + WAIT_MS - clock.now())
  const wait = () => {
    timer ??= clock.after(leftMs(), () => {
      timer = undefined
      over()
    })
  }
  const end = () => {
    timer?.cancel()
    timer = undefined
  }
  return {
    restart() {
      sinceMs = clock.now()
      if (timer === undefined) return
      end()
      wait()
    },
    isOpen: () => leftMs() > 0,
    wait,
    end,
  }
}
