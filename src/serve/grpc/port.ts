/** One port for gRPC and HTTP/1.1, in plain text or over TLS: the first bytes of a connection say what it speaks. */
import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { remoteOf } from './buffered-bytes.ts'
import { HANDSHAKE_BYTE, type HandshakeFailure, handshakeFailure } from './handshake-failure.ts'
import type { GrpcServer } from './server/server.ts'
import { checkServerTls, type ServerTls } from './tls.ts'

interface PortServers {
  readonly grpc: GrpcServer
  /** Unless given, the port speaks gRPC alone. */
  readonly http?: HttpServer
}

/** The first bytes of HTTP/2; no method of HTTP/1.1 begins with them. */
const PREFACE = 'PRI'

/** A TLS handshake takes this long at most, ms. */
const HANDSHAKE_MS = 10_000

/** A client takes this long at most to send enough to tell its protocol, ms. */
const FIRST_BYTES_MS = 5_000

export type Port = ReturnType<typeof openPort>

/**
 * @param onFailed called for each connection that fails before its first request, because its client and the port do
 *   not agree on TLS
 * @throws KairosError BAD_USAGE if the certificate cannot be used
 */
export function openPort(
  { grpc, http }: PortServers,
  tls: ServerTls | undefined,
  onFailed: (failure: HandshakeFailure) => void = () => undefined,
) {
  const tlsServer = tls && tlsServerOf(tls)
  /** The sockets of TCP below those of TLS, by the addresses of their clients. */
  const tcpSockets = new Map<string, Socket>()
  tlsServer?.on('secureConnection', (socket) => {
    socket.on('error', () => undefined)
    if (socket.alpnProtocol === 'h2') grpc.connect(socket, tcpSockets.get(remoteOf(socket)))
    else tellProtocol(socket)
  })
  tlsServer?.on('tlsClientError', (error, socket) => {
    onFailed(handshakeFailure(error, socket))
    socket.destroy()
  })
  // Node checks the timeouts of connections only after this event, and this server does not listen itself
  http?.emit('listening')

  /** Gives a connection to the server of its protocol, or closes it if its client does not say which. */
  function tellProtocol(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), FIRST_BYTES_MS).unref()
    socket.once('close', () => clearTimeout(timer))
    let first = Buffer.alloc(0)
    const read = (): void => {
      const more = socket.read() as Buffer | null
      if (more !== null) first = Buffer.concat([first, more])
      const start = first.toString('latin1', 0, PREFACE.length)
      if (start !== PREFACE && PREFACE.startsWith(start)) {
        socket.once('readable', read)
        return
      }
      clearTimeout(timer)
      if (tlsServer === undefined && first[0] === HANDSHAKE_BYTE) onFailed({ reason: 'tls' })
      socket.unshift(first)
      if (start === PREFACE || http === undefined) grpc.connect(socket)
      else http.emit('connection', socket)
    }
    read()
  }

  return {
    connect(socket: Socket) {
      if (tlsServer === undefined) return tellProtocol(socket)
      // a probe that only opens and closes a connection
      if (socket.readableLength === 0) return void socket.destroy()
      const remote = remoteOf(socket)
      tcpSockets.set(remote, socket)
      socket.once('close', () => {
        // the client may have used its port again
        if (tcpSockets.get(remote) === socket) tcpSockets.delete(remote)
      })
      tlsServer.emit('connection', socket)
    },
    /** @param answerMs see `GrpcServer` @returns when no more calls of gRPC come */
    shutdown(answerMs?: number): Promise<void> {
      http?.close(() => undefined)
      return grpc.shutdown(answerMs)
    },
    destroy: () => http?.closeAllConnections(),
    /** Uses another certificate for new connections. @throws KairosError BAD_USAGE if it cannot be used */
    setTls(next: ServerTls): void {
      checkServerTls(next)
      tlsServer?.setSecureContext(contentsOf(next))
    },
  }
}

function tlsServerOf(tls: ServerTls) {
  checkServerTls(tls)
  return createTlsServer({
    ...contentsOf(tls),
    requestCert: tls.clientCa !== undefined,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: HANDSHAKE_MS,
  })
}

function contentsOf({ key, cert, clientCa }: ServerTls) {
  return { key, cert, minVersion: 'TLSv1.2' as const, ...(clientCa && { ca: clientCa }) }
}
