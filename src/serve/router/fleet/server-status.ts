import type { FleetServer } from '../../../model/fleet/fleet.ts'
import type { Member } from './attempt.ts'
import type { Slots } from './slots.ts'

/** A server as the API and the metrics show it. */
export interface ServerStatus extends FleetServer {
  readonly state: 'starting' | 'up' | 'ejected'
  /** Requests that run there. */
  readonly inFlight: number
  /** How many times as long as the latency table says it takes, the mean of its slots. */
  readonly slowdown: number
}

export function statusOf(slots: Slots, member: Member): ServerStatus {
  const own = slots.of(member)
  // a slot that waits for the end of a request that was given up counts as one
  const inFlight = own.reduce((sum, { batch }) => sum + (batch ? Math.max(1, batch.open.length) : 0), 0)
  const slowdown = own.reduce((sum, slot) => sum + slot.slowdown, 0) / own.length
  const { server, state } = member
  return { ...server, state: state as ServerStatus['state'], inFlight, slowdown }
}
