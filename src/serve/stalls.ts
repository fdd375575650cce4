/**
 * Time in which the event loop stands still: the process is stopped, its machine is paused, or a computation is long.
 * What arrives meanwhile is read late, so this time says nothing about a server.
 */
import { coarseMs } from './grpc/timeout.ts'

/** Time between two looks at the clock, ms. */
const LOOK_MS = 50

/** The longest time between two looks of which nothing counts as a stall, ms. */
export const LONGEST_TURN_MS = 100

let looking: NodeJS.Timeout | undefined
let lookedMs = 0
let beforeMs = 0

/** For how long the event loop has stood still since the first call, ms. */
export function stalledMs(): number {
  const nowMs = performance.now()
  if (looking === undefined) {
    lookedMs = nowMs
    looking = setInterval(look, LOOK_MS).unref()
  }
  return beforeMs + Math.max(0, nowMs - lookedMs - LONGEST_TURN_MS)
}

function look(): void {
  beforeMs = stalledMs()
  lookedMs = performance.now()
}

interface Limited {
  /** Called at the end of the time limit. */
  expire(): void
}

/**
 * The time limit of an answer. It passes when the event loop has run for that time and has read what arrived by then:
 * in a turn of the event loop, timers fire before data is read.
 */
export class AnswerLimit {
  private readonly limited: Limited
  private readonly endMs: number
  private timer: NodeJS.Timeout
  private turn: NodeJS.Immediate | undefined

  /** @param limited expires at the end, unless the limit is cancelled */
  constructor(ms: number, limited: Limited) {
    this.limited = limited
    this.endMs = runningMs() + ms
    this.timer = setTimeout(onTimer, coarseMs(ms), this)
  }

  cancel(): void {
    clearTimeout(this.timer)
    clearImmediate(this.turn)
  }

  fired(): void {
    const leftMs = this.endMs - runningMs()
    if (leftMs > 1) this.timer = setTimeout(onTimer, coarseMs(leftMs), this)
    else this.turn = setImmediate(expire, this.limited)
  }
}

/** The time without that of stalls, on a clock of its own, ms. */
export function runningMs(): number {
  return performance.now() - stalledMs()
}

function onTimer(limit: AnswerLimit): void {
  limit.fired()
}

function expire(limited: Limited): void {
  limited.expire()
}
