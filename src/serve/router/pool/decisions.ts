/** The decisions of a pool: which requests have waited too long, and which start where. */

import { batchesOf } from '../../../dispatch/batches.ts'
import type { Dispatcher } from '../../../dispatch/dispatcher.ts'
import { status } from '../../grpc/status.ts'
import type { Rejection } from '../admission/admission.ts'
import type { Request, Slot } from '../fleet/attempt.ts'
import { hasIdleOther } from '../fleet/fleet.ts'
import type { PoolParts } from './request.ts'

interface DecisionsOptions extends PoolParts {
  readonly longestWaitMs: number
  readonly dispatcher: Dispatcher
  /**
   * Starts requests on a slot; returns those that are not started, because they avoid its server.
   *
   * @param isHeld whether the slot is held, not chosen by the dispatcher
   */
  startBatch(started: readonly Request[], slot: Slot, startMs: number, isHeld?: boolean): readonly Request[]
  /** Puts a request that waits again into the dispatcher. */
  enqueue(request: Request): void
  refuse(request: Request, rejection: Rejection): void
  /** Decides once more, after the decision that is being made. */
  decideAgain(): void
  /** Decides now, although nothing else has changed than the time. */
  decideNow(): void
}

/** @returns a function that refuses requests that waited too long, and starts others by the policy */
export function createDecisions(options: DecisionsOptions): () => void {
  const { workload, longestWaitMs, clock, events, dispatcher, fleet, requests } = options
  const { startBatch, enqueue, refuse, decideAgain, decideNow } = options
  const { qosMs } = workload
  /**
   * Requests that wait outside the dispatcher until a server is idle that has not failed them: the others can serve
   * requests meanwhile.
   */
  const apart = new Set<Request>()
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

  /**
   * A request avoids a server that has failed it, while there are others. Its wait goes on: it may avoid that server
   * often.
   */
  function waitOn(request: Request): void {
    if (hasIdleOther(fleet.idleMembers(), request.failedOn)) enqueue(request)
    else apart.add(request)
    decideAgain()
  }

  /**
   * Requests that wait apart return to the dispatcher, at most one for each idle slot. One that has waited for the
   * target starts without it: some policies give an idle slot to other requests first, as long as these arrive.
   */
  function returnApart(): void {
    if (apart.size === 0) return
    let left = dispatcher.idle
    const nowMs = clock.now()
    const idle = fleet.idleMembers()
    for (const request of apart) {
      const { state, failedOn, bin, waitingSinceMs } = request
      if (state !== 'waiting') {
        apart.delete(request)
        continue
      }
      const mayStart = left > 0 && hasIdleOther(idle, failedOn)
      const slot = mayStart && nowMs - waitingSinceMs > qosMs ? fleet.holdOther(failedOn, bin) : undefined
      if (slot) {
        apart.delete(request)
        startBatch([request], slot, nowMs, true)
        left--
      } else if (mayStart || !fleet.hasOthers(failedOn)) {
        apart.delete(request)
        enqueue(request)
        left--
      }
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
      const started = queries.map((query) => requests.waiting.get(query)!)
      for (const avoiding of startBatch(started, slots[i], nowMs)) waitOn(avoiding)
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
    returnApart()
    startRequests()
    passOverdue()
    watchLongestWait()
  }
}
