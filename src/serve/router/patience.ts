import type { Clock } from './job.ts'

/** Without a server, requests wait this long for one, ms. */
const PATIENCE_MS = 2_000

/** How long requests wait for a server where there is none. */
export interface Patience {
  /** From now on there is none, or there is somebody new to hope for. */
  begin(): void
  /** What is left of it, ms. */
  leftMs(): number
  /** Somebody waits: at the end it is told. */
  wait(): void
  /** A server is there. */
  end(): void
}

/** @param over called at the end, if somebody waits by then */
export function createPatience(clock: Clock, over: () => void): Patience {
  let sinceMs = clock.now()
  let timer: { cancel(): void } | undefined
  const leftMs = () => Math.max(0, sinceMs + PATIENCE_MS - clock.now())
  const end = () => {
    timer?.cancel()
    timer = undefined
  }
  return {
    begin() {
      sinceMs = clock.now()
      if (timer === undefined) return
      end()
      this.wait()
    },
    leftMs,
    wait() {
      timer ??= clock.after(leftMs(), () => {
        timer = undefined
        over()
      })
    },
    end,
  }
}
