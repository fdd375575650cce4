import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type Server, ServerCredentials } from '@grpc/grpc-js'
import { checkWhole } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'

/** TLS towards clients: the contents of PEM files. */
export interface ServerTls {
  readonly key: Buffer
  readonly cert: Buffer
  /** Certificate authority of clients. If given, every client must show a certificate (mutual TLS). */
  readonly clientCa?: Buffer | undefined
}

export interface ListenOptions {
  /** 127.0.0.1 unless given. */
  readonly host?: string | undefined
  /** A free port unless given. */
  readonly port?: number | undefined
  readonly tls?: ServerTls | undefined
  /** At the limit, a new connection replaces the one that has been idle for longest; 1,024 unless given. */
  readonly maxConnections?: number | undefined
  /** Called for every connection at its first byte. */
  readonly onConnection?: ((socket: Socket) => void) | undefined
}

export interface Listening {
  /** `host:port`, for clients. */
  readonly address: string
  readonly host: string
  readonly port: number
  readonly connections: number
  /** Takes no more connections, and closes the open ones: when their calls have ended, or after `graceMs`. */
  close(graceMs: number): Promise<void>
}

/** The largest port number. */
export const LAST_PORT = 65_535

/** A connection without a single byte is closed after this time, ms. */
const SILENCE_MS = 5_000

/** Time between two looks at the bytes of all connections, ms. */
const SWEEP_MS = 1_000

/**
 * Opens a port for a gRPC server. Connections are accepted here and then given to grpc-js, so that their number is
 * bounded.
 *
 * @throws KairosError BAD_USAGE if the address cannot be listened on, or the certificate cannot be used
 */
export async function listen(server: Server, options: ListenOptions = {}): Promise<Listening> {
  const { host = '127.0.0.1', port = 0, tls, maxConnections = 1024 } = options
  checkWhole('port', port, 0, LAST_PORT)
  checkWhole('maxConnections', maxConnections, 1)
  const injector = connectionsOf(server, tls)
  const sockets = new Map<Socket, Activity>()
  const acceptor = createServer({ noDelay: true }, (socket) => {
    if (sockets.size >= maxConnections) longestIdle(sockets)?.destroy()
    sockets.set(socket, { bytes: 0, atMs: performance.now() })
    socket.on('close', () => sockets.delete(socket))
    // grpc-js ends the calls of a connection that fails
    socket.on('error', () => undefined)
    // no HTTP/2 session before the first byte
    socket.once('readable', () => {
      options.onConnection?.(socket)
      injector.injectConnection(socket)
    })
  })
  acceptor.listen({ host, port, backlog: 1024 })
  await once(acceptor, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new KairosError(
      'BAD_USAGE',
      `cannot listen on ${host}:${port}: ${error.code === 'EADDRINUSE' ? 'the port is in use' : error.message}`,
      {},
      'choose another address or port',
      { cause: error },
    )
  })
  const sweep = setInterval(() => sweepConnections(sockets), SWEEP_MS).unref()
  const bound = acceptor.address()
  const chosen = bound !== null && typeof bound === 'object' ? bound.port : port
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${chosen}`,
    host,
    port: chosen,
    get connections() {
      return sockets.size
    },
    async close(graceMs) {
      clearInterval(sweep)
      const closed = new Promise<void>((resolve) => acceptor.close(() => resolve()))
      if (graceMs > 0) {
        const callsEnded = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
        await Promise.race([callsEnded, new Promise((resolve) => setTimeout(resolve, graceMs).unref())])
      }
      server.forceShutdown()
      for (const socket of sockets.keys()) socket.destroy()
      await closed
    },
  }
}

/** Bytes read from a connection by the last sweep, and when they had last increased. */
interface Activity {
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

/** The first connection without a byte, or else the one that has been idle for longest. */
function longestIdle(sockets: ReadonlyMap<Socket, Activity>): Socket | undefined {
  let found: Socket | undefined
  let sinceMs = Infinity
  for (const [socket, { bytes, atMs }] of sockets) {
    if (socket.bytesRead === 0) return socket
    const lastMs = socket.bytesRead === bytes ? atMs : performance.now()
    if (lastMs >= sinceMs) continue
    sinceMs = lastMs
    found = socket
  }
  return found
}

function connectionsOf(server: Server, tls: ServerTls | undefined) {
  if (!tls) return server.createConnectionInjector(ServerCredentials.createInsecure())
  try {
    const pair = { private_key: tls.key, cert_chain: tls.cert }
    const credentials = ServerCredentials.createSsl(tls.clientCa ?? null, [pair], tls.clientCa !== undefined)
    return server.createConnectionInjector(credentials)
  } catch (error) {
    throw new KairosError(
      'BAD_USAGE',
      `the certificate cannot be used: ${(error as Error).message}`,
      { field: 'tls' },
      'a certificate and its key in PEM are expected',
    )
  }
}
