import type { FleetServer } from '../../../model/fleet/fleet.ts'
import type { Member } from './attempt.ts'
import type { Slots } from './slots.ts'

/** A server as the API and the metrics show it. */
export interface ServerStatus extends FleetServer {
  readonly state: 'starting' | 'up' | 'ejected'
  readonly inFlight: number
  /** How many times as long as the latency table says it takes, the mean of its slots. */
  readonly slowdown: number
}

/** Requests that run on a server; a slot that waits for the end of a given up one counts as one. */
function inFlightOf(slots: Slots, member: Member): number {
  return slots.of(member).reduce((sum, { batch }) => sum + (batch ? Math.max(1, batch.open.length) : 0), 0)
}

export function statusOf(slots: Slots, member: Member): ServerStatus {
  const own = slots.of(member)
  const slowdown = own.reduce((sum, slot) => sum + slot.slowdown, 0) / own.length
  const { server, state } = member
  return { ...server, state: state as ServerStatus['state'], inFlight: inFlightOf(slots, member), slowdown }
}
