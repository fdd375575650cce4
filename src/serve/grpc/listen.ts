import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type Server, ServerCredentials } from '@grpc/grpc-js'
import { checkWhole } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'

/** Who may talk to a server: everything as the bytes of PEM files. */
export interface ServerTls {
  readonly key: Buffer
  readonly cert: Buffer
  /** Whose certificates clients have to show: mutual TLS. */
  readonly clientCa?: Buffer | undefined
}

export interface ListenOptions {
  /** 127.0.0.1 unless given. */
  readonly host?: string | undefined
  /** Unless given, one that is free. */
  readonly port?: number | undefined
  readonly tls?: ServerTls | undefined
  /** Beyond it the connection that has been silent for longest makes room; 1,024 unless given. */
  readonly maxConnections?: number | undefined
  /** Told of every connection that has said something. */
  readonly onConnection?: ((socket: Socket) => void) | undefined
}

export interface Listening {
  /** `host:port`, as a client takes it. */
  readonly address: string
  readonly host: string
  readonly port: number
  readonly connections: number
  /** Takes no more connections, and ends those that there are: at once if `graceMs` is 0. */
  close(graceMs: number): Promise<void>
}

/** The largest port that there is. */
export const LAST_PORT = 65_535

/** A connection that has not said a word of HTTP/2 after this long is no client. */
const SILENCE_MS = 5_000
const SWEEP_MS = 1_000

/**
 * Puts a gRPC server on a socket. The connections are taken here, not by the library, so that their number
 * is bounded.
 *
 * @throws KairosError BAD_USAGE where the address cannot be listened on, or the certificate cannot be used
 */
export async function listen(server: Server, options: ListenOptions = {}): Promise<Listening> {
  const { host = '127.0.0.1', port = 0, tls, maxConnections = 1024 } = options
  checkWhole('port', port, 0, LAST_PORT)
  checkWhole('maxConnections', maxConnections, 1)
  const injector = connectionsOf(server, tls)
  const sockets = new Map<Socket, Heard>()
  const door = createServer({ noDelay: true }, (socket) => {
    if (sockets.size >= maxConnections) longestSilent(sockets)?.destroy()
    sockets.set(socket, { bytes: 0, at: performance.now() })
    socket.on('close', () => sockets.delete(socket))
    // what a client does to its connection is its own affair; calls on it are told by the library
    socket.on('error', () => undefined)
    // a connection that never says a word costs no session
    socket.once('readable', () => {
      options.onConnection?.(socket)
      injector.injectConnection(socket)
    })
  })
  door.listen({ host, port, backlog: 1024 })
  await once(door, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new KairosError(
      'BAD_USAGE',
      `cannot listen on ${host}:${port}: ${error.code === 'EADDRINUSE' ? 'the port is in use' : error.message}`,
      {},
      'choose another address or port',
      { cause: error },
    )
  })
  const sweep = setInterval(() => listenTo(sockets), SWEEP_MS).unref()
  const bound = door.address()
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
      const closed = new Promise<void>((resolve) => door.close(() => resolve()))
      if (graceMs > 0) {
        const quiet = new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
        await Promise.race([quiet, new Promise((resolve) => setTimeout(resolve, graceMs).unref())])
      }
      server.forceShutdown()
      for (const socket of sockets.keys()) socket.destroy()
      await closed
    },
  }
}

/** How many bytes had come by the last look, and when the last of them came. */
interface Heard {
  bytes: number
  at: number
}

/** Notes who has said something since the last look, and drops who never has. */
function listenTo(sockets: ReadonlyMap<Socket, Heard>): void {
  const now = performance.now()
  for (const [socket, heard] of sockets) {
    if (socket.bytesRead !== heard.bytes) {
      heard.bytes = socket.bytesRead
      heard.at = now
    } else if (heard.bytes === 0 && now - heard.at > SILENCE_MS) socket.destroy()
  }
}

/** Of those that never said a word the first; else the one that has been silent for longest. */
function longestSilent(sockets: ReadonlyMap<Socket, Heard>): Socket | undefined {
  let found: Socket | undefined
  let since = Infinity
  for (const [socket, { bytes, at }] of sockets) {
    if (socket.bytesRead === 0) return socket
    const last = socket.bytesRead === bytes ? at : performance.now()
    if (last >= since) continue
    since = last
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
