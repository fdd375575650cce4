/**
 * Limits the memory that a server holds for its clients: requests from their first byte to their answer, and responses
 * that clients do not read. The limit is for all connections together. A request that does not fit is refused;
 * connections that hold memory and do not move are closed.
 */
import type { Socket } from 'node:net'

export interface BufferedBytesLimit {
  /** Bytes that all connections hold now. */
  readonly heldBytes: number
  /** What a client does with its connection. @param remote see `remoteOf` */
  useOf(remote: string): ConnectionUse
  /** Adds a connection. */
  open(connection: MovingConnection): ConnectionBytes
  end(): void
}

/** A request is served or its answer sent now, or one has been, or none has come yet. */
export type ConnectionUse = 'serving' | 'served' | 'unused'

interface MovingConnection {
  /** Its client, see `remoteOf`. */
  readonly remote: string
  /** Bytes read and written so far. */
  moved(): number
  close(): void
}

/** What a connection holds. */
export interface ConnectionBytes {
  /** Takes the bytes of a request that begins. @returns false, and takes nothing, if they do not fit */
  begin(requestBytes: number): boolean
  /** A request has been refused, since it is larger than a message may be. */
  tooLarge(): void
  /** The request has arrived as a whole. */
  complete(requestBytes: number): void
  /** A request that is complete, or is not, is no longer held. */
  drop(requestBytes: number, isComplete: boolean): void
  /** A response is written, or sent. */
  respond(responseBytes: number): void
  sent(responseBytes: number): void
  /** Whether anything is held. */
  holds(): boolean
  close(): void
}

interface Held extends MovingConnection {
  /** Bytes of requests that have not arrived as a whole, and of those that have. */
  incomplete: number
  complete: number
  hasServed: boolean
  /** Bytes of responses that are written and not sent. */
  unsent: number
  movedBefore: number
  /** Whether it has hardly moved between the last two checks. */
  isStalled: boolean
}

/** Why a request is refused before it has been read: all together hold too much, or its message is too large. */
export type UnreadReason = (typeof UNREAD_REASONS)[number]
export const UNREAD_REASONS = ['memory', 'message_size'] as const

/** The address and the port of the other end of a connection. */
export function remoteOf({
  remoteAddress,
  remotePort,
}: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`
}

/** Time between two checks of the limit, ms. */
const CHECK_MS = 250

/** A connection that moves fewer bytes between two checks is stalled. */
const STALLED_BYTES = 16_384

/**
 * @param limitBytes for all connections together; Infinity: none is closed
 * @param refused called for each request that is refused
 * @param closed called for each connection that is closed for what it holds
 */
export function limitBufferedBytes(
  limitBytes: number,
  refused: (reason: UnreadReason) => void = () => undefined,
  closed: () => void = () => undefined,
): BufferedBytesLimit {
  const connections = new Set<Held>()
  const byRemote = new Map<string, Set<Held>>()
  let total = 0
  /** Whether a request has not fitted, and memory has been short since. */
  let hasRefused = false

  /** Closes connections while requests do not fit. */
  function check(): void {
    for (const held of connections) {
      const moved = held.moved()
      held.isStalled = moved - held.movedBefore < STALLED_BYTES
      held.movedBefore = moved
    }
    if (!hasRefused && total <= limitBytes) return
    hasRefused = total > limitBytes / 2
    for (const held of connectionsToClose([...connections], total, limitBytes)) {
      closed()
      held.close()
    }
  }

  const checking = limitBytes === Infinity ? undefined : setInterval(check, CHECK_MS).unref()
  return {
    get heldBytes() {
      return total
    },
    useOf(remote) {
      const all = [...(byRemote.get(remote) ?? [])]
      if (all.some(({ complete, unsent }) => complete + unsent > 0)) return 'serving'
      return all.some(({ hasServed }) => hasServed) ? 'served' : 'unused'
    },
    open(connection) {
      const held: Held = {
        ...connection,
        incomplete: 0,
        complete: 0,
        hasServed: false,
        unsent: 0,
        movedBefore: connection.moved(),
        isStalled: false,
      }
      connections.add(held)
      const { remote } = connection
      const same = byRemote.get(remote) ?? new Set()
      byRemote.set(remote, same.add(held))
      return {
        begin(bytes) {
          if (total + bytes > limitBytes) {
            hasRefused = true
            refused('memory')
            return false
          }
          total += bytes
          held.incomplete += bytes
          return true
        },
        tooLarge: () => refused('message_size'),
        complete(bytes) {
          held.incomplete -= bytes
          held.complete += bytes
          held.hasServed = true
        },
        drop(bytes, isComplete) {
          total -= bytes
          if (isComplete) held.complete -= bytes
          else held.incomplete -= bytes
        },
        respond(bytes) {
          total += bytes
          held.unsent += bytes
        },
        sent(bytes) {
          total -= bytes
          held.unsent -= bytes
        },
        holds: () => held.incomplete + held.complete + held.unsent > 0,
        close() {
          connections.delete(held)
          same.delete(held)
          if (same.size === 0) byRemote.delete(remote)
        },
      }
    },
    end: () => clearInterval(checking),
  }
}

/** What a connection holds until its client sends or reads more. */
type Waiting = Pick<Held, 'incomplete' | 'unsent' | 'isStalled'>
const bytesOf = ({ incomplete, unsent }: Waiting) => incomplete + unsent

/** The stalled connection that holds most; while all hold more than the limit, other stalled ones, then moving ones. */
export function connectionsToClose<Of extends Waiting>(
  all: readonly Of[],
  total: number,
  limitBytes: number,
) {
  const closing: Of[] = []
  let left = total
  const holding = all.filter((one) => bytesOf(one) > 0)
  holding.sort((a, b) => Number(b.isStalled) - Number(a.isStalled) || bytesOf(b) - bytesOf(a))
  for (const one of holding) {
    const isFirstStalled = closing.length === 0 && one.isStalled
    if (left <= limitBytes && !isFirstStalled) break
    left -= bytesOf(one)
    closing.push(one)
  }
  return closing
}
