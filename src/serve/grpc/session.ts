/** Connections to a server: one at a time, opened by the first call and again after it is lost. */
import { connect as dial, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as dialTls, type SecureContext } from 'node:tls'
import type { ClientConnection } from '../http2/client.ts'
import { openConnection } from '../http2/connection.ts'

export interface SessionOptions {
  /** TLS towards the server; plain text unless given. */
  readonly tls?: ChannelTls | undefined
}

export interface ChannelTls {
  readonly context: SecureContext
  /** The name in the server's certificate, if it is not the host of the address. */
  readonly serverName?: string | undefined
}

/** In the reason if a server answers with something else. */
export const NO_HTTP2 = 'it does not speak gRPC (HTTP/2)'

export interface Sessions {
  readonly scheme: 'http' | 'https'
  readonly authority: string
  /** The connection for the next call. */
  current(): ClientConnection
  /** Why a connection is lost; undefined while it is not. */
  whyLost(connection: ClientConnection): string | undefined
  /** Closes a connection unless the server still answers on it: a call has not been answered. */
  doubt(connection: ClientConnection): void
  close(): void
}

const CLOSED = 'the connection was closed'

/** Time for a connection to be established, and for a server to answer a ping, ms. */
const CONNECT_MS = 5_000
const PING_MS = 1_000

export function createSessions(address: string, { tls }: SessionOptions): Sessions {
  const { host, port } = hostAndPort(address)
  const authority = tls?.serverName ?? address
  const scheme = tls ? 'https' : 'http'
  let current: ClientConnection | undefined
  const open = new Set<ClientConnection>()
  /** Connections on which the server has spoken HTTP/2, and why connections were lost. */
  const established = new WeakSet<ClientConnection>()
  const reasons = new WeakMap<ClientConnection, string>()

  function lose(connection: ClientConnection, reason: string): void {
    if (!reasons.has(connection)) reasons.set(connection, reason)
    if (current === connection) current = undefined
  }

  function reasonOf(connection: ClientConnection, error: Error | undefined): string {
    if (error === undefined) return CLOSED
    return established.has(connection) ? error.message : unconnected(error, tls)
  }

  function start(): ClientConnection {
    const socket = openSocket(host, port, tls)
    const connecting = setTimeout(() => {
      lose(connection, `no connection after ${CONNECT_MS} ms`)
      connection.destroy()
    }, CONNECT_MS)
    const connection = openConnection(socket, {
      established() {
        established.add(connection)
        clearTimeout(connecting)
      },
      // calls that are open may end, others need a new connection
      goaway() {
        if (current === connection) current = undefined
      },
      closed(error) {
        clearTimeout(connecting)
        open.delete(connection)
        lose(connection, reasonOf(connection, error))
      },
    })
    open.add(connection)
    // a connection that is idle must not keep the process alive
    socket.unref()
    return connection
  }

  return {
    scheme,
    authority,
    current() {
      if (!current?.isOpen) current = start()
      return current
    },
    whyLost: (connection) => (connection.isDestroyed ? (reasons.get(connection) ?? CLOSED) : undefined),
    doubt(connection) {
      if (connection.isDestroyed || connection.isConnecting) return
      const timer = setTimeout(() => {
        lose(connection, `the server did not answer a ping in ${PING_MS} ms`)
        connection.destroy()
      }, PING_MS)
      connection.ping(() => clearTimeout(timer))
    },
    close() {
      for (const connection of open) connection.destroy()
    },
  }
}

function openSocket(host: string, port: number, tls: ChannelTls | undefined): Socket {
  if (tls === undefined) return dial({ host, port, noDelay: true })
  const name = tls.serverName ?? host
  const socket = dialTls({
    host,
    port,
    secureContext: tls.context,
    // an address is not a name of a server
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    ALPNProtocols: ['h2'],
  })
  socket.setNoDelay(true)
  return socket
}

/** The reason why there is no connection, with the likely cure. */
function unconnected(error: NodeJS.ErrnoException, tls: ChannelTls | undefined): string {
  if (error.code !== 'ERR_HTTP2_ERROR') return `no connection: ${error.message}`
  const cure = tls ? '' : ', or a server that requires TLS'
  return `${NO_HTTP2}: it may be an HTTP/1.1 port${cure}`
}

function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(colon + 1)) }
}
