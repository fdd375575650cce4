import type { Clock } from '../clock.ts'

interface Recent<Event> {
  times: number
  last: Event
  readonly timer: { cancel(): void }
}

/**
 * Lines of a log about what may happen often: the first event of a kind has a line at once, and those in the time after
 * it one line at its end, with their number and the last of them.
 *
 * @param write writes a line
 */
export function createSpacedLines<Event>(
  clock: Clock,
  betweenMs: number,
  write: (last: Event, times: number) => void,
) {
  /** By kinds that had a line lately: the events since then. */
  const recent = new Map<string, Recent<Event>>()
  let isStopped = false

  function say(kind: string, event: Event, times: number): void {
    write(event, times)
    const timer = clock.after(betweenMs, () => {
      recent.delete(kind)
      if (next.times > 0) say(kind, next.last, next.times)
    })
    const next: Recent<Event> = { times: 0, last: event, timer }
    recent.set(kind, next)
  }

  return {
    add(kind: string, event: Event): void {
      if (isStopped) return
      const next = recent.get(kind)
      if (next === undefined) return void say(kind, event, 1)
      next.times++
      next.last = event
    },
    /** Writes the counts that are left, then nothing more: a timer would keep the process alive. */
    stop(): void {
      isStopped = true
      for (const { times, last, timer } of recent.values()) {
        timer.cancel()
        if (times > 0) write(last, times)
      }
    },
  }
}

export type SpacedLines<Event> = ReturnType<typeof createSpacedLines<Event>>
