/** The decisions of a pool: which requests have waited too long, and which start where. */

import { batchesOf } from '../../../dispatch/batches.ts'
import { status } from '../../grpc/status.ts'
import type { Rejection } from '../admission/admission.ts'
import type { Request } from '../fleet/attempt.ts'
import { type AvoidanceOptions, createAvoidance } from './avoidance.ts'

interface DecisionsOptions extends AvoidanceOptions {
  readonly longestWaitMs: number
  refuse(request: Request, rejection: Rejection): void
  /** Decides now, although nothing else has changed than the time. */
  decideNow(): void
}

/** @returns a function that refuses requests that waited too long, and starts others by the policy */
export function createDecisions(options: DecisionsOptions): () => void {
  const { workload, longestWaitMs, clock, events, dispatcher, fleet, requests } = options
  const { refuse, decideAgain, decideNow } = options
  const { qosMs } = workload
  const avoidance = createAvoidance(options)
  /** Decides again when the request that has waited longest is to be refused: nothing else may change until then. */
  let timer: { cancel(): void } | undefined
  /** Decides again when a busy slot is overdue for which a request may wait. */
  let overdueTimer: { cancel(): void } | undefined

  function watchLongestWait(): void {
    const [oldest] = requests.waiting.values()
    if (oldest === undefined) {
      timer?.cancel()
      timer = undefined
    } else if (timer === undefined && longestWaitMs < Infinity && fleet.up > 0) {
      const leftMs = oldest.waitingSinceMs + longestWaitMs - clock.now()
      timer = clock.after(Math.max(0, leftMs) + 1, () => {
        timer = undefined
        decideNow()
      })
    }
  }

  /**
   * Refuses requests that have waited too long: under overload, policies pass over some requests for ever. The time on
   * a server that failed does not count, nor that without any server. One that has waited for a second server after an
   * error gets that error.
   */
  function refuseStarved(): void {
    if (fleet.up === 0) return
    const nowMs = clock.now()
    for (const request of requests.waiting.values()) {
      const waitedMs = nowMs - request.waitingSinceMs
      if (waitedMs <= longestWaitMs) return
      const error = request.errors.at(-1)
      if (error) {
        refuse(request, { ...error.failure, reason: 'rejected' })
        continue
      }
      const limit = `the target is ${qosMs} ms, and no request waits for more than ${longestWaitMs} ms`
      const details = `overloaded: waited for ${Math.round(waitedMs)} ms; ${limit}`
      refuse(request, { code: status.RESOURCE_EXHAUSTED, reason: 'late', details })
    }
  }

  function startRequests(): void {
    if (dispatcher.pending === 0 || dispatcher.idle === 0) return
    const nowMs = clock.now()
    const starts = dispatcher.decide(nowMs)
    events.decided(clock.now() - nowMs, starts.length)
    // all slots first: one that is set aside leaves the dispatcher
    const batches = batchesOf(starts)
    const slots = batches.map(({ instance }) => fleet.slots.at(instance))
    batches.forEach(({ queries }, i) => {
      const chosen = queries.map((query) => requests.waiting.get(query)!)
      avoidance.start(chosen, slots[i], nowMs)
    })
  }

  /** A request may wait for a busy slot although another one is idle, but not longer than until it is overdue. */
  function passOverdue(): void {
    overdueTimer?.cancel()
    overdueTimer = undefined
    if (dispatcher.pending === 0 || dispatcher.idle === 0) return
    const leftMs = fleet.slots.leaveOverdue()
    if (leftMs <= 0) decideAgain()
    else if (leftMs < Infinity) overdueTimer = clock.after(leftMs, decideNow)
  }

  return () => {
    refuseStarved()
    avoidance.returnApart()
    startRequests()
    passOverdue()
    watchLongestWait()
  }
}
