/** Connections to a server: one at a time, opened by the first call and again after it is lost. */
import { type ClientHttp2Session, connect as openSession } from 'node:http2'
import { connect as dial, isIP, type Socket } from 'node:net'
import { connect as dialTls, type SecureContext } from 'node:tls'
import { AnswerLimit, runningMs } from '../../stalls.ts'
import { SESSION_WINDOW, STREAM_WINDOW } from '../frame.ts'
import { expectName } from '../tls.ts'

export interface SessionOptions {
  /** TLS towards the server; plain text unless given. */
  readonly tls?: ChannelTls | undefined
  /** Calls of a session; as many as HTTP/2 has numbers for unless given. */
  readonly mostCalls?: number | undefined
}

export interface ChannelTls {
  readonly context: SecureContext
  /** The name in the server's certificate, if it is not the host of the address. */
  readonly serverName?: string | undefined
}

/** Why a session is lost. */
interface Loss {
  readonly details: string
  /** Whether the server answers with something other than HTTP/2. */
  readonly speaksOther: boolean
}

/** What is known of a session. A call may ask for it after the session has ended. */
interface SessionState {
  readonly socket: Socket
  /** Whether its connection was open, and whether the server has spoken HTTP/2 on it. */
  isConnected: boolean
  isEstablished: boolean
  /** The last stream that the server has seen, if it goes away. */
  lastSeen?: number
  /** When the last ping was sent, on the clock of `runningMs`, and how many since an answer has begun. */
  pingedMs: number
  pings: number
  loss?: Loss
}

export interface Sessions {
  readonly scheme: 'http' | 'https'
  readonly authority: string
  /** How many bytes of headers the server takes, as it has last said on any session; Infinity before. */
  readonly takenHeaderBytes: number
  /** The session for one call. */
  current(): ClientHttp2Session
  /** Why a session is lost; undefined while it is not. @param error of a call that ended with it */
  whyLost(session: ClientHttp2Session, error: Error | undefined): Loss | undefined
  /** Whether the server has said that it has not seen a stream of a session (RFC 9113, 6.8). */
  isUnseen(session: ClientHttp2Session, stream: number | undefined): boolean
  /** Whether the server goes away and still answers calls that it has seen. */
  isLeaving(): boolean
  /** Says that an answer has begun on a session. */
  answered(session: ClientHttp2Session): void
  /** Asks the server by a ping whether it is still there, since a call was not answered, and closes the session if it is not. */
  doubt(session: ClientHttp2Session): void
  /** Destroys all sessions, soon. */
  close(): void
}

/** Time for a connection to be established, and for a server to answer a ping, ms. */
const CONNECT_MS = 5_000
const PING_MS = 1_000

/**
 * Servers of gRPC close a connection, with all its calls, on the fourth ping between two answers (ENHANCE_YOUR_CALM,
 * "too_many_pings"). An answer may have been on its way when a ping was sent, so a session gets two without an answer, and then new
 * calls get another connection. Calls that time out together share one ping.
 */
const MOST_PINGS = 2
const PING_PAUSE_MS = 2_000

/** Streams of a client have the odd numbers below 2³¹. */
const MOST_CALLS = 2 ** 30 - 1

/** Time without a byte after which a session that takes no more calls is closed, ms. */
const FULL_MS = 1_000

export function createSessions(address: string, { tls, mostCalls = MOST_CALLS }: SessionOptions): Sessions {
  const { host, port } = hostAndPort(address)
  const name = tls?.serverName
  // an IPv6 address is in brackets in a URL
  const authority = name === undefined ? address : isIP(name) === 6 ? `[${name}]` : name
  const scheme = tls ? 'https' : 'http'
  let current: ClientHttp2Session | undefined
  let calls = 0
  let takenHeaderBytes = Infinity
  const open = new Set<ClientHttp2Session>()
  const states = new WeakMap<ClientHttp2Session, SessionState>()
  const stateOf = (session: ClientHttp2Session) => states.get(session)!

  function lose(session: ClientHttp2Session, loss: Loss): void {
    stateOf(session).loss ??= loss
    if (current === session) current = undefined
  }

  /** Ends a session and its socket, which otherwise stays open until the server has read what is being sent. */
  function abandon(session: ClientHttp2Session, details: string): void {
    lose(session, noAnswer(details))
    session.destroy()
    stateOf(session).socket.destroy()
  }

  /** Ends a session once its calls have ended; new calls get another one. */
  function retire(session: ClientHttp2Session): void {
    if (current === session) current = undefined
    session.close()
  }

  function start(): ClientHttp2Session {
    const socket = openSocket(host, port, tls)
    const session = openSession(`${scheme}://${authority}`, {
      createConnection: () => socket,
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    })
    const state: SessionState = {
      socket,
      isConnected: false,
      isEstablished: false,
      pingedMs: -Infinity,
      pings: 0,
    }
    states.set(session, state)
    open.add(session)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      state.isConnected = true
    })
    // before the session handles the error and ends its calls
    socket.prependListener('error', (error) => lose(session, lossBy(state, error, tls)))
    const connecting = new AnswerLimit(CONNECT_MS, {
      expire: () => abandon(session, `no connection after ${CONNECT_MS} ms`),
    })
    session.once('connect', () => {
      // it may have been closed before this is reported
      if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW)
    })
    session.once('remoteSettings', () => {
      state.isEstablished = true
      connecting.cancel()
    })
    session.on('remoteSettings', ({ maxHeaderListSize = Infinity }) => {
      takenHeaderBytes = maxHeaderListSize
    })
    session.on('error', (error) => lose(session, lossBy(state, error, tls)))
    // calls that are open may end, others need a new connection
    session.on('goaway', (_code, lastStream) => {
      state.lastSeen = lastStream
      if (current === session) current = undefined
    })
    session.once('close', () => {
      connecting.cancel()
      open.delete(session)
      lose(session, lossBy(state, undefined, tls))
    })
    // a connection that is idle must not keep the process alive
    session.unref()
    return session
  }

  return {
    scheme,
    authority,
    get takenHeaderBytes() {
      return takenHeaderBytes
    },
    current() {
      if (calls === mostCalls && current !== undefined) {
        const full = current
        // its last calls are on the way; a call that runs longer is answered all the same
        full.setTimeout(FULL_MS, () => full.close())
        current = undefined
      }
      if (current === undefined || current.closed || current.destroyed) {
        current = start()
        calls = 0
      }
      calls++
      return current
    },
    whyLost(session, error) {
      if (!session.destroyed) return undefined
      const state = stateOf(session)
      return state.loss ?? lossBy(state, error, tls)
    },
    isLeaving: () =>
      [...open].some((session) => stateOf(session).lastSeen !== undefined && !session.destroyed),
    isUnseen: (session, stream = 0) => stream > (stateOf(session).lastSeen ?? Infinity),
    answered(session) {
      stateOf(session).pings = 0
    },
    doubt(session) {
      const state = stateOf(session)
      if (session.destroyed || session.connecting) return
      if (runningMs() - state.pingedMs < PING_PAUSE_MS) return
      if (state.pings === MOST_PINGS) return retire(session)
      state.pingedMs = runningMs()
      state.pings++
      const limit = new AnswerLimit(PING_MS, {
        expire: () => abandon(session, `the server did not answer a ping in ${PING_MS} ms`),
      })
      const sent = session.ping(() => limit.cancel())
      if (!sent) limit.cancel()
    },
    close() {
      // a session that is destroyed by an answer still reads what came with it, in memory that it has freed (nodejs/node#65093)
      setImmediate(() => {
        for (const session of open) abandon(session, CLOSED)
      })
    },
  }
}

function openSocket(host: string, port: number, tls: ChannelTls | undefined): Socket {
  if (tls === undefined) return dial({ host, port, noDelay: true })
  const named = expectName(tls.serverName ?? host)
  const socket = dialTls({ host, port, secureContext: tls.context, ALPNProtocols: ['h2'], ...named })
  socket.setNoDelay(true)
  return socket
}

const CLOSED = 'the connection was closed'

function noAnswer(details: string): Loss {
  return { details, speaksOther: false }
}

function lossBy(state: SessionState, error: Error | undefined, tls: ChannelTls | undefined): Loss {
  if (state.isEstablished) return noAnswer(error?.message ?? CLOSED)
  if (state.isConnected && isClosed(error)) return closedAtOnce(tls)
  return error === undefined ? noAnswer(CLOSED) : unconnected(error, tls)
}

/** Why there is no connection, with the likely cure. */
function unconnected(error: TlsError, tls: ChannelTls | undefined): Loss {
  if (error.code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return noAnswer('no connection: the port does not speak TLS')
  // over TLS the server names the protocols that it speaks, and HTTP/2 may be none of them
  const isRefused = error.code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'
  if (!isRefused && error.code !== 'ERR_HTTP2_ERROR')
    return noAnswer(`no connection: ${problemOf(error, tls ?? {})}`)
  const cure = tls ? '' : ', or a server that requires TLS'
  return {
    details: `it does not speak gRPC (HTTP/2): it may be an HTTP/1.1 port${cure}`,
    speaksOther: true,
  }
}

interface TlsError extends NodeJS.ErrnoException {
  /** These two are OpenSSL's. Its message has the thread and the line of its code too. */
  readonly library?: string
  readonly reason?: string
}

/** Alerts of a server that does not take the client's certificate, or gets none. */
const REFUSES_CLIENT = /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_REQUIRED|CERTIFICATE_EXPIRED)$/

function problemOf(
  { code = '', library, reason, message }: TlsError,
  { serverName }: Partial<ChannelTls>,
): string {
  if (REFUSES_CLIENT.test(code)) return `the server refuses the client certificate (${reason ?? message})`
  if (library === 'SSL routines' && reason !== undefined) return reason
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return message
  return `${message} (${serverName === undefined ? 'give --tls-server-name' : '--tls-server-name is another name'})`
}

/** Some servers of HTTP/1.1 do so where others answer with an error: libevhtp, which Triton uses, and Varnish. */
function closedAtOnce(tls: ChannelTls | undefined): Loss {
  // a server of Node sends no alert before, and with TLS 1.3 the client is connected by then
  const about = tls ? 'refuses the client certificate' : 'requires TLS'
  const causes = `an HTTP/1.1 port, a server that ${about}, or a proxy whose server is down`
  return { details: `${CLOSED} without an answer: it may be ${causes}`, speaksOther: true }
}

/** Whether the server has closed the connection. */
function isClosed(error: NodeJS.ErrnoException | undefined): boolean {
  return error === undefined || error.code === 'ECONNRESET' || error.code === 'EPIPE'
}

/** @param address `host:port`, with an IPv6 address in brackets */
export function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(colon + 1)) }
}
