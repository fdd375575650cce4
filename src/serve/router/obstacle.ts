import { status } from '@grpc/grpc-js'
import type { Workload } from '../../model/workload.ts'
import type { RefusalReason } from './events.ts'
import type { Job } from './job.ts'

export interface PoolLimits {
  /** Requests that may wait. */
  readonly queue: number
  /** Bytes of all requests that wait or run. */
  readonly bytes: number
  /** Whether requests that are going to miss the target are refused once too many have missed it. */
  readonly admission: 'target' | 'all'
  readonly healthIntervalMs: number
}

/** What keeps a request from being taken, whatever its target. */
export interface Obstacle {
  readonly code: status
  readonly reason: RefusalReason
  readonly details: string
}

/** A pool at the moment when a request comes. */
export interface PoolState {
  readonly workload: Workload
  readonly limits: PoolLimits
  /** Servers of the fleet, and those that can serve. */
  readonly members: number
  readonly up: number
  /** Whether a server may soon be there, where there is none now. */
  readonly hopeful: boolean
  /** Requests that wait, and the bytes of all that wait or run. */
  readonly waiting: number
  readonly bytes: number
}

export const DRAINING: Obstacle = {
  code: status.UNAVAILABLE,
  reason: 'draining',
  details: 'the router is shutting down',
}

export function obstacleTo({ batch, request }: Job, state: PoolState): Obstacle | undefined {
  const { workload, limits, members, up, hopeful, waiting, bytes } = state
  const { batchSizes } = workload.latency
  const largest = batchSizes[batchSizes.length - 1]
  if (!(batch > 0 && batch <= largest)) {
    const details = Number.isNaN(batch)
      ? 'there is no batch: the first input has no first dimension'
      : `a batch of ${batch} has no bin: batches above 0 and up to ${largest} are served`
    return { code: status.INVALID_ARGUMENT, reason: 'bad-batch', details }
  }
  if (up === 0 && !hopeful) return noServer(workload.model, members)
  if (waiting < limits.queue && bytes + request.length <= limits.bytes) return undefined
  const details = `the queue is full: ${waiting} requests wait`
  return { code: status.RESOURCE_EXHAUSTED, reason: 'queue-full', details }
}

export function noServer(model: string, members: number): Obstacle {
  const why = ['there is none', 'the only one is out'][members] ?? `all ${members} are out`
  const details = `no server of "${model}" can serve: ${why}`
  return { code: status.UNAVAILABLE, reason: 'no-server', details }
}
