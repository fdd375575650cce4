import { once } from 'node:events'
import { type AddressInfo, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { checkWhole } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import { type ConnectionUse, remoteOf } from './buffered-bytes.ts'

export interface AcceptOptions {
  /** 127.0.0.1 unless given. */
  readonly host?: string | undefined
  /** A free port unless given. */
  readonly port?: number | undefined
  /** At the limit, a new connection replaces the least used one; 1,024 unless given. */
  readonly maxConnections?: number | undefined
  /** What clients do with their connections: at the limit, unused ones close first. @param remote see `remoteOf` */
  readonly useOf?: ((remote: string) => ConnectionUse) | undefined
  /** Called for each connection that a new one replaces. */
  readonly onReplaced?: (() => void) | undefined
}

/** What is done with connections. */
export interface ConnectionHandler {
  /** Takes a connection, whose first bytes have come. */
  connect(socket: Socket): void
  /** Takes no more calls, and closes each connection when its calls have ended. */
  shutdown(): void
  /** Ends everything. The connections are destroyed afterwards. */
  destroy(): void
}

export type Listening = Awaited<ReturnType<typeof accept>>

/** The largest port number. */
export const LAST_PORT = 65_535

/** A connection without a single byte is closed after this time, ms. */
const SILENCE_MS = 5_000

/** Time between two looks at the bytes of all connections, ms. */
const SWEEP_MS = 1_000

/** A connection is idle after so many ms without a byte: more than a sweep, which is how exactly the time is known. */
const IDLE_MS = 2 * SWEEP_MS

/** Connections that the system keeps until they are accepted. */
const BACKLOG = 4_096

/**
 * Opens a port and accepts connections, so that their number is bounded.
 *
 * @throws KairosError BAD_USAGE if the address cannot be listened on
 */
export async function accept(handler: ConnectionHandler, options: AcceptOptions = {}) {
  const { host = '127.0.0.1', port = 0, maxConnections = 1024, useOf = () => 'served', onReplaced } = options
  checkWhole('port', port, 0, LAST_PORT)
  checkWhole('maxConnections', maxConnections, 1)
  const sockets = new Map<Socket, Activity>()
  let accepted = 0
  let refusal: Promise<void> | undefined
  const acceptor = createServer({ noDelay: true }, (socket) => {
    accepted++
    if (sockets.size >= maxConnections) {
      leastUsed(sockets, useOf)?.destroy()
      onReplaced?.()
    }
    sockets.set(socket, { remote: remoteOf(socket), bytes: 0, atMs: performance.now() })
    socket.on('close', () => sockets.delete(socket))
    // the calls of a connection end with it
    socket.on('error', () => undefined)
    // nothing is done for a connection before its first byte
    socket.once('readable', () => {
      if (refusal === undefined) handler.connect(socket)
      // a client that is answered before the port closes could open one connection after another
      else refusal.then(() => socket.destroyed || handler.connect(socket))
    })
  })
  const listening = await listenOn(acceptor, { host, port, backlog: BACKLOG })
  const closed = new Promise<void>((resolve) => acceptor.once('close', resolve))
  async function emptyAndClose(withinMs: number): Promise<void> {
    const most = accepted + BACKLOG
    const endMs = performance.now() + withinMs
    let before: number
    // the first turn of the event loop has begun; each later one accepts a connection, if there is one
    await turn()
    do {
      before = accepted
      await turn()
      // clients may open connections faster than they are accepted
    } while (before < accepted && accepted < most && performance.now() < endMs)
    acceptor.close()
  }
  /**
   * Refuses connections from now on. Those that clients have opened already are accepted first, for `withinMs` at most:
   * the system would reset them.
   */
  function refuse(withinMs: number): Promise<void> {
    refusal ??= emptyAndClose(withinMs)
    return refusal
  }
  const sweep = setInterval(() => sweepConnections(sockets), SWEEP_MS).unref()
  return {
    ...listening,
    get connections() {
      return sockets.size
    },
    refuse,
    /** Refuses connections, and closes the open ones: when their calls have ended, or after `graceMs`. */
    async close(graceMs: number): Promise<void> {
      clearInterval(sweep)
      await refuse(graceMs)
      handler.shutdown()
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, graceMs).unref())])
      handler.destroy()
      for (const socket of sockets.keys()) socket.destroy()
      await closed
    },
  }
}

/**
 * Opens a port. Later errors are ignored: without a free descriptor, one connection is not accepted, and the next ones
 * may be.
 *
 * @param names the options that give the host and the port
 * @returns the port, and `host:port` for clients
 * @throws KairosError BAD_USAGE if the address cannot be listened on
 */
export async function listenOn(
  server: Server,
  options: ListenOptions & { readonly host: string; readonly port: number },
  names?: AddressOptions,
): Promise<{ readonly address: string; readonly port: number }> {
  const { host } = options
  server.listen(options)
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw cannotListen(host, options.port, error, names)
  })
  server.on('error', () => undefined)
  const { port } = server.address() as AddressInfo
  return { address: addressOf(host, port), port }
}

/** The names of the options that give the host and the port. */
interface AddressOptions {
  readonly host: string
  readonly port: string
}

interface CheckedPort {
  readonly host: string
  readonly port: number
  readonly names?: AddressOptions
}

/**
 * Opens ports and closes them again. All are open at the same time, so that two that are the same are found.
 *
 * @throws KairosError BAD_USAGE if an address cannot be listened on
 */
export async function checkPorts(ports: readonly CheckedPort[]): Promise<void> {
  const open: Server[] = []
  try {
    for (const { host, port, names } of ports) {
      const server = createServer((socket) => socket.destroy())
      await listenOn(server, { host, port }, names)
      open.push(server)
    }
  } finally {
    for (const server of open) {
      server.close()
      await once(server, 'close')
    }
  }
}

/** `host:port`; an address of IPv6 stands in brackets. */
function addressOf(host: string, port: number): string {
  return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`
}

/** Errors of the port; all others are of the host. */
const OF_PORT: Readonly<Record<string, { readonly problem: string; readonly cure: string }>> = {
  EADDRINUSE: {
    problem: 'the port is in use',
    cure: 'choose another port, or end the program that listens on it',
  },
  EACCES: {
    problem: 'the system does not allow this port',
    cure: 'choose a port from 1024 on, or run with the privilege to open a lower one',
  },
}

function cannotListen(
  host: string,
  port: number,
  cause: NodeJS.ErrnoException,
  names: AddressOptions = { host: 'host', port: 'port' },
) {
  const ofPort = OF_PORT[cause.code ?? '']
  const ofHost = {
    problem: cause.message,
    cure: host.startsWith('[')
      ? 'write the host without brackets'
      : 'choose an address of this machine, or 0.0.0.0 for all of them',
  }
  const { problem, cure } = ofPort ?? ofHost
  const place = { field: ofPort ? names.port : names.host }
  const text = `cannot listen on ${addressOf(host, port)}: ${problem}`
  return new KairosError('BAD_USAGE', text, place, cure, { cause })
}

/** Bytes read from a connection by the last sweep, and when they had last increased. */
interface Activity {
  readonly remote: string
  bytes: number
  atMs: number
}

/** Updates the activity of all connections, and closes those that have been silent from the start. */
function sweepConnections(sockets: ReadonlyMap<Socket, Activity>): void {
  const nowMs = performance.now()
  for (const [socket, activity] of sockets) {
    if (socket.bytesRead !== activity.bytes) {
      activity.bytes = socket.bytesRead
      activity.atMs = nowMs
    } else if (activity.bytes === 0 && nowMs - activity.atMs > SILENCE_MS) socket.destroy()
  }
}

/**
 * The first connection without a byte, or else one that is unused, or else one of which no request is being served.
 * Among alike ones it is that which has been idle for longest, and the newest of those that are not idle: a client that
 * sends requests all the time keeps its connection whatever new ones come.
 */
function leastUsed(
  sockets: ReadonlyMap<Socket, Activity>,
  useOf: (remote: string) => ConnectionUse,
): Socket | undefined {
  const found: Partial<Record<ConnectionUse, { readonly socket: Socket; readonly lastMs: number }>> = {}
  const nowMs = performance.now()
  for (const [socket, { remote, bytes, atMs }] of sockets) {
    if (socket.bytesRead === 0) return socket
    const isIdle = socket.bytesRead === bytes && nowMs - atMs > IDLE_MS
    const lastMs = isIdle ? atMs : nowMs
    if (lastMs > (found.unused?.lastMs ?? Infinity)) continue
    const use = useOf(remote)
    if (lastMs <= (found[use]?.lastMs ?? Infinity)) found[use] = { socket, lastMs }
  }
  return (found.unused ?? found.served ?? found.serving)?.socket
}
