/** Requests avoid the servers that have failed them, while another server is up. */
import type { Dispatcher } from '../../../dispatch/dispatcher.ts'
import type { Member, Request, Slot } from '../fleet/attempt.ts'
import type { PoolParts } from './request.ts'

export interface AvoidanceOptions extends PoolParts {
  readonly dispatcher: Dispatcher
  /**
   * Starts requests on a slot that is busy for the dispatcher.
   *
   * @param isWhole whether these are all requests that the dispatcher has started there
   */
  startBatch(started: readonly Request[], slot: Slot, startMs: number, isWhole: boolean): void
  /** Puts a request that waits again into the dispatcher. */
  enqueue(request: Request): void
  /** Decides once more, after the decision that is being made. */
  decideAgain(): void
}

export function createAvoidance(options: AvoidanceOptions) {
  const { workload, clock, dispatcher, fleet, startBatch, enqueue, decideAgain } = options
  const { latency, qosMs } = workload
  const { slots } = fleet
  /**
   * Requests that wait outside the dispatcher until a server is idle that has not failed them: the others can serve
   * requests meanwhile.
   */
  const apart = new Set<Request>()

  /** The servers that have an idle slot. */
  function idleMembers(): ReadonlySet<Member> {
    const idle = new Set<Member>()
    if (dispatcher.idle === 0) return idle
    for (const slot of slots.all()) if (slots.isFree(slot)) idle.add(slot.member)
    return idle
  }

  /** Makes the idle slot of another server busy that serves a request fastest; the dispatcher does not choose it. */
  function holdOther({ failedOn, bin }: Request): Slot | undefined {
    const { batchSizes, meanMs } = latency
    let first: Slot | undefined
    let firstMs = Infinity
    for (const slot of slots.all()) {
      const ms = slot.slowdown * meanMs[slot.member.type * batchSizes.length + bin]
      if (ms >= firstMs || failedOn.has(slot.member) || !slots.isFree(slot)) continue
      first = slot
      firstMs = ms
    }
    const nowMs = clock.now()
    if (first) dispatcher.hold(first.instance!, nowMs, nowMs + firstMs)
    return first
  }

  return {
    /**
     * Starts requests on the slot that the dispatcher has chosen, but for those that avoid its server. These wait on:
     * in the dispatcher if another server is idle, otherwise apart.
     */
    start(chosen: readonly Request[], slot: Slot, startMs: number): void {
      if (chosen.every(({ failedOn }) => failedOn.size === 0)) {
        startBatch(chosen, slot, startMs, true)
        return
      }
      const { member } = slot
      const avoids = ({ failedOn }: Request) => failedOn.has(member) && fleet.hasOthers(failedOn)
      const [avoiding, started] = [chosen.filter(avoids), chosen.filter((request) => !avoids(request))]
      if (started.length > 0) startBatch(started, slot, startMs, avoiding.length === 0)
      else {
        const idle = idleMembers()
        // so that the dispatcher chooses the idle one
        if (avoiding.some((request) => hasIdleOther(idle, request))) slots.setAside(member)
        else slots.putBack(slot)
      }
      for (const request of avoiding) {
        if (hasIdleOther(idleMembers(), request)) enqueue(request)
        else apart.add(request)
        decideAgain()
      }
    },
    /**
     * Requests that wait apart return to the dispatcher, at most one for each idle slot. One that has waited for the
     * target starts without it: some policies give an idle slot to other requests first, as long as these arrive.
     */
    returnApart(): void {
      if (apart.size === 0) return
      let left = dispatcher.idle
      const nowMs = clock.now()
      const idle = idleMembers()
      for (const request of apart) {
        if (request.state !== 'waiting') {
          apart.delete(request)
          continue
        }
        const mayStart = left > 0 && hasIdleOther(idle, request)
        const slot = mayStart && nowMs - request.waitingSinceMs > qosMs ? holdOther(request) : undefined
        if (slot) startBatch([request], slot, nowMs, false)
        else if (mayStart || !fleet.hasOthers(request.failedOn)) enqueue(request)
        else continue
        apart.delete(request)
        left--
      }
    },
  }
}

/** Whether a server is idle that has not failed a request. */
function hasIdleOther(idle: ReadonlySet<Member>, { failedOn }: Request): boolean {
  for (const member of idle) if (!failedOn.has(member)) return true
  return false
}
