import { setTimeout } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { KairosError } from '../model/errors.ts'
import { packageRequire } from '../model/package-files.ts'
import type { QueueAddress } from './address.ts'

/** How long a first connection may take, and the first answer on it, ms. */
const CONNECT_MS = 5_000

/** The longest wait before a lost connection is tried again, ms. */
const LONGEST_RETRY_MS = 2_000

/** How often a connection is checked that may be gone, ms. */
const CHECK_MS = 100

/** The only policy under which Redis drops no jobs. */
const SAFE_POLICY = 'noeviction'

/** What the library says of a connection that has ended. */
const CLOSED = 'Connection is closed.'

/** Receives notes for the user: one line each. */
export type OnNote = (note: string) => void

/** The receiver of a caller. Notes come at any time, so that what it throws becomes a warning of the process. */
export function guardedNotes(onNote: OnNote = () => undefined): OnNote {
  return (note) => {
    try {
      onNote(note)
    } catch (error) {
      process.emitWarning(`onNote of the queue failed: ${error}`)
    }
  }
}

/** The library, loaded when a queue is used: most commands need none. */
export function bullmq(): typeof import('bullmq') {
  return packageRequire('bullmq') as typeof import('bullmq')
}

/**
 * Connects to Redis or Valkey. A connection that is lost later is made again, and commands wait for it.
 *
 * @param onNote receives a note of a lost connection, and of a server that may drop jobs
 * @throws KairosError QUEUE that names the host and the cause, never the password
 */
export async function connect(address: QueueAddress, onNote: OnNote): Promise<Redis> {
  const { Redis } = packageRequire('ioredis') as typeof import('ioredis')
  const { name, tls, ...where } = address
  let isConnected = false
  const redis = new Redis({
    ...where,
    ...(tls && { tls: {} }),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    // commands wait for a lost connection for as long as it takes
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (isConnected ? Math.min(100 * times, LONGEST_RETRY_MS) : null),
  })
  let cause: Error | undefined
  let isLost = false
  redis.on('error', (error: Error) => {
    cause = error
  })
  redis.on('close', () => {
    if (!isConnected || isLost) return
    isLost = true
    onNote(`lost the connection to ${name}: waiting for it`)
  })
  redis.on('ready', () => {
    if (isLost) onNote(`connected to ${name} again`)
    isLost = false
  })
  // a server that is stopped, or that is another program, accepts a connection and says nothing
  const silent = globalThis.setTimeout(() => {
    if (redis.stream?.bytesRead > 0) return
    cause = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })
    redis.disconnect()
  }, CONNECT_MS)
  try {
    await redis.connect()
    await selectDatabase(redis, address)
    const policy = await memoryPolicy(redis)
    if (policy !== undefined && policy !== SAFE_POLICY) {
      onNote(`${name} has maxmemory-policy ${policy} and may drop jobs: set it to ${SAFE_POLICY}`)
    }
  } catch (error) {
    redis.disconnect()
    if (error instanceof KairosError) throw error
    throw unreachable(address, cause ?? (error as Error))
  } finally {
    clearTimeout(silent)
  }
  isConnected = true
  keepCopies(redis)
  return redis
}

/** The library goes on with database 0 where the server refuses another one. */
async function selectDatabase(redis: Redis, { name, db }: QueueAddress): Promise<void> {
  if (db === 0) return
  await redis.select(db).catch(({ message }: Error) => {
    const cure = 'name a database that it has and allows, or none for database 0'
    throw new KairosError('QUEUE', `refused database ${db} (${message})`, { field: name }, cure)
  })
}

/** The connections that BullMQ makes from one, to wait on. */
const copies = new WeakMap<Redis, Redis[]>()

function withCopies(redis: Redis): Redis[] {
  return [redis, ...(copies.get(redis) ?? [])]
}

/** Ends a connection and its copies on purpose, also where the server is gone. */
export function disconnect(redis: Redis): void {
  for (const each of withCopies(redis)) {
    each.removeAllListeners('close')
    // a connection that has ended would start a timer of two seconds, which keeps the process alive
    if (each.status !== 'end') each.disconnect()
  }
}

/** Waits until a connection and its copies are ready, for `ms` at most. @returns whether they are */
export async function isThereWithin(redis: Redis, ms: number): Promise<boolean> {
  const isThere = () => withCopies(redis).every(({ status }) => status === 'ready')
  // counts event-loop turns, not wall time: after a suspended process resumes, events may still be unread
  for (let waitedMs = 0; !isThere() && waitedMs < ms; waitedMs += CHECK_MS) await setTimeout(CHECK_MS)
  return isThere()
}

/** Resolves when the server has not answered for `ms`, or soon after `until` is aborted. */
export async function goneFor(redis: Redis, ms: number, until: AbortSignal): Promise<void> {
  // counts event-loop turns, not wall time: after a suspended process resumes, replies may still be unread
  let silentMs = 0
  let isPinging = false
  while (silentMs < ms) {
    await setTimeout(CHECK_MS)
    if (until.aborted) return
    silentMs += CHECK_MS
    if (isPinging) continue
    isPinging = true
    // a server that is stopped keeps its connections; one that refuses is there
    const answered = () => {
      silentMs = 0
      isPinging = false
    }
    redis.ping().then(answered, ({ name }: Error) => name === 'ReplyError' && answered())
  }
}

/** Keeps the copies that are made of a connection from now on. */
function keepCopies(redis: Redis): void {
  const duplicate = redis.duplicate.bind(redis)
  const made: Redis[] = []
  copies.set(redis, made)
  redis.duplicate = (override) => {
    const copy = duplicate(override)
    made.push(copy)
    return copy
  }
}

/** The maxmemory-policy: which keys Redis drops when its memory is full; undefined where it does not tell. */
export async function memoryPolicy(redis: Redis): Promise<string | undefined> {
  return /maxmemory_policy:(\S+)/.exec(await redis.info('memory'))?.[1]
}

/** The error for a command that the server refused, or whose connection has ended; other errors as they are. */
export function queueError(address: QueueAddress, error: unknown): Error {
  const { name, message } = error as Error
  if (message === CLOSED) return unreachable(address, error as Error)
  if (name !== 'ReplyError') return error as Error
  const cure = /^OOM\b/.test(message)
    ? 'its memory is full: raise maxmemory, or remove results with kairos-wasm queue clean'
    : 'see the log of the server'
  return new KairosError('QUEUE', `refused a command (${message})`, { field: address.name }, cure)
}

function unreachable({ name, tls }: QueueAddress, error: NodeJS.ErrnoException): KairosError {
  const { code = '', message } = error
  const refused = (problem: string, cure: string) => new KairosError('QUEUE', problem, { field: name }, cure)
  if (/^(WRONGPASS|NOAUTH|NOPERM|ERR.*AUTH)/.test(message)) {
    return refused(
      `refused the name or the password (${/^\w+/.exec(message)?.[0]})`,
      'write them into the URL as user:password@, percent-encoded, or set KAIROS_QUEUE_PASSWORD',
    )
  }
  if (/CERT|SIGNED|TLS|SSL/i.test(code)) {
    return refused(
      `has no certificate that is trusted (${code})`,
      'name its CA with NODE_EXTRA_CA_CERTS=ca.pem',
    )
  }
  const cure = tls
    ? 'check that Redis or Valkey listens there with TLS'
    : 'check that Redis or Valkey runs there, and write rediss:// if it needs TLS'
  return refused(`does not answer (${code || message})`, cure)
}
