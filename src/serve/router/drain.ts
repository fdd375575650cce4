import { setImmediate as turn } from 'node:timers/promises'
import { within } from '../../model/within.ts'
import type { Listening } from '../grpc/accept.ts'
import type { Port } from '../grpc/port.ts'
import type { Pool } from './pool/pool.ts'

interface Draining {
  readonly port: Pick<Port, 'shutdown'>
  readonly listening: Pick<Listening, 'refuse'>
  readonly pools: readonly Pick<Pool, 'drain'>[]
}

/** Clients of HTTP/2 have this long to say that no more requests are on their way, ms. */
const LAST_REQUESTS_MS = 500

/**
 * Refuses connections, reads the requests that have arrived on those that clients have opened, and waits until all
 * accepted requests have ended, for `timeoutMs` at most.
 */
export async function drain({ port, listening, pools }: Draining, timeoutMs: number): Promise<void> {
  // closing a connection before its input is read resets the requests in it
  await readInput()
  const endMs = performance.now() + timeoutMs
  const leftMs = () => Math.max(0, endMs - performance.now())
  // clients that open connections endlessly leave the other half to the requests that have arrived
  await listening.refuse(timeoutMs / 2)
  await readInput()
  // clients of gRPC open their next connection elsewhere, and wait for the answers on this one
  await port.shutdown(Math.min(leftMs(), LAST_REQUESTS_MS))
  await within(leftMs(), Promise.all(pools.map((pool) => pool.drain())))
}

/** All sockets with input are read in one turn, and the first may have begun after some were read. */
async function readInput(): Promise<void> {
  await turn()
  await turn()
}
