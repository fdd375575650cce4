/** Connections to a server: one at a time, opened by the first call and again after it is lost. */
import { type ClientHttp2Session, connect as openSession } from 'node:http2'
import { connect as dial, isIP, type Socket } from 'node:net'
import { connect as dialTls, type SecureContext } from 'node:tls'
import { AnswerLimit, runningMs } from '../../stalls.ts'
import { SESSION_WINDOW, STREAM_WINDOW } from '../frame.ts'
import { type ClientTls, clientContext, expectName } from '../tls.ts'

export interface ChannelTls {
  readonly context: SecureContext
  /** The name in the server's certificate, if it is not the host of the address. */
  readonly serverName?: string | undefined
}

/** @throws KairosError BAD_USAGE if a certificate cannot be used */
export function channelTlsOf(tls: ClientTls | undefined): ChannelTls | undefined {
  return tls && { context: clientContext(tls), serverName: tls.serverName }
}

/** Why a session is lost. */
interface Loss {
  readonly details: string
  /** Whether the server answers with something other than HTTP/2. */
  readonly speaksOther: boolean
}

/** Time for a connection to be established, ms. */
const CONNECT_MS = 5_000

/**
 * Time for a server to answer a ping, ms: new calls get another connection after PING_MS, and open ones end after
 * LOST_MS. A server that computes in its event loop answers pings late, as it does calls. Clients of gRPC wait for
 * 20 s, with new calls as well (keepalive timeout).
 */
const PING_MS = 1_000
const LOST_MS = 5_000

/**
 * Servers of gRPC close a connection, with all its calls, on the fourth ping between two answers (ENHANCE_YOUR_CALM,
 * "too_many_pings"). An answer may have been on its way when a ping was sent, so a session gets two without an answer,
 * and then new calls get another connection. Calls that time out together share one ping.
 */
const MOST_PINGS = 2
const PING_PAUSE_MS = 2_000

/**
 * The most headers of a response. By default Node resets the stream at the 129th; no more than these fit into the bytes
 * that it takes.
 */
const MAX_HEADERS = 2_048

/** @param tls plain text unless given */
export function createSessions(address: string, tls: ChannelTls | undefined) {
  const { host, port } = hostAndPort(address)
  const name = tls?.serverName
  // an IPv6 address is in brackets in a URL
  const authority = name === undefined ? address : isIP(name) === 6 ? `[${name}]` : name
  const scheme = tls ? 'https' : 'http'
  let current: Session | undefined
  let takenHeaderBytes = Infinity
  const open = new Set<Session>()

  function start(): Session {
    const socket = openSocket(host, port, tls)
    const http2 = openSession(`${scheme}://${authority}`, {
      createConnection: () => socket,
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
      maxHeaderListPairs: MAX_HEADERS,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    })
    const session = new Session(http2, socket, tls)
    open.add(session)
    http2.once('close', () => open.delete(session))
    http2.on('remoteSettings', ({ maxHeaderListSize = Infinity }) => {
      takenHeaderBytes = maxHeaderListSize
    })
    return session
  }

  return {
    scheme,
    authority,
    /** How many bytes of headers the server takes, as it has last said on any session; Infinity before. */
    get takenHeaderBytes() {
      return takenHeaderBytes
    },
    /** The session for one call. */
    current(): Session {
      if (!current?.takesCalls) current = start()
      return current
    },
    /** Whether the server goes away and still answers calls that it has seen. */
    isLeaving: () => [...open].some((session) => session.isLeaving),
    /** Destroys all sessions, soon. */
    close(): void {
      // a session that is destroyed by an answer still reads what came with it, in memory that it has freed
      // (nodejs/node#65093)
      setImmediate(() => {
        for (const session of open) session.abandon(CLOSED)
      })
    },
  }
}

/** A connection to a server. A call may ask about it after it has ended. */
export class Session {
  readonly http2: ClientHttp2Session
  private readonly socket: Socket
  private readonly tls: ChannelTls | undefined
  /** Whether the server has spoken HTTP/2 on it, and said how many streams it takes. */
  isEstablished = false
  /** Whether the connection was open. */
  private isConnected = false
  /** The last stream that the server has seen, if it goes away; Infinity before. */
  private lastSeen = Infinity
  /** When the last ping was sent, on the clock of `runningMs`, and how many since an answer has begun. */
  private pingedMs = -Infinity
  private pings = 0
  private loss: Loss | undefined

  constructor(http2: ClientHttp2Session, socket: Socket, tls: ChannelTls | undefined) {
    this.http2 = http2
    this.socket = socket
    this.tls = tls
    const lose = (error?: Error) => {
      this.loss ??= this.lossBy(error)
    }
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      this.isConnected = true
    })
    // before the session handles the error and ends its calls
    socket.prependListener('error', lose)
    const connecting = new AnswerLimit(CONNECT_MS, {
      expire: () => this.abandon(`no connection after ${CONNECT_MS} ms`),
    })
    http2.once('connect', () => {
      // it may have been closed before this is reported
      if (!http2.destroyed) http2.setLocalWindowSize(SESSION_WINDOW)
    })
    http2.once('remoteSettings', () => {
      this.isEstablished = true
      connecting.cancel()
    })
    http2.on('error', lose)
    // calls that are open may end, others need a new connection
    http2.on('goaway', (_code, lastStream) => {
      this.lastSeen = lastStream
    })
    http2.once('close', () => {
      connecting.cancel()
      lose()
    })
    // a connection that is idle must not keep the process alive
    http2.unref()
  }

  /** Whether a new call may take it. */
  get takesCalls(): boolean {
    const { http2, loss, lastSeen } = this
    return loss === undefined && lastSeen === Infinity && !http2.closed && !http2.destroyed
  }

  /** Whether the server goes away and still answers calls that it has seen. */
  get isLeaving(): boolean {
    return this.lastSeen < Infinity && !this.http2.destroyed
  }

  /** Whether the server has said that it has not seen a stream (RFC 9113, 6.8). */
  isUnseen(stream = 0): boolean {
    return stream > this.lastSeen
  }

  /** Why it is lost; undefined while it is not. @param error of a call that ended with it */
  whyLost(error: Error | undefined): Loss | undefined {
    return this.http2.destroyed ? (this.loss ?? this.lossBy(error)) : undefined
  }

  private lossBy(error: Error | undefined): Loss {
    if (this.isEstablished) return noAnswer(error?.message ?? CLOSED)
    if (this.isConnected && isClosed(error)) return closedAtOnce(this.tls)
    return error === undefined ? noAnswer(CLOSED) : unconnected(error, this.tls)
  }

  /** Ends it and its socket, which otherwise stays open until the server has read what is being sent. */
  abandon(details: string): void {
    this.loss ??= noAnswer(details)
    this.http2.destroy()
    this.socket.destroy()
  }

  /** Says that an answer has begun. */
  answered(): void {
    this.pings = 0
  }

  /**
   * Asks the server by a ping whether it is still there, since a call was not answered, and ends the connection if it
   * is not. New calls get another one soon.
   */
  doubt(): void {
    const { http2 } = this
    // on a closed session, which takes no new calls, Node sends no ping; the time limits of an earlier one go on
    if (http2.closed || http2.destroyed || http2.connecting) return
    if (runningMs() - this.pingedMs < PING_PAUSE_MS) return
    // its calls may end; new ones get another connection
    if (this.pings === MOST_PINGS) return void http2.close()
    this.pingedMs = runningMs()
    this.pings++
    const late = new AnswerLimit(PING_MS, { expire: () => http2.close() })
    const lost = new AnswerLimit(LOST_MS, {
      expire: () => this.abandon(`the server did not answer a ping in ${LOST_MS} ms`),
    })
    const ended = () => {
      late.cancel()
      lost.cancel()
      // without open calls a closed session ends at once, and its socket would wait for the server
      if (http2.destroyed) this.socket.destroy()
    }
    const sent = http2.ping(ended)
    if (!sent) ended()
  }
}

function openSocket(host: string, port: number, tls: ChannelTls | undefined): Socket {
  if (tls === undefined) return dial({ host, port, noDelay: true })
  const named = expectName(tls.serverName ?? host)
  const socket = dialTls({ host, port, secureContext: tls.context, ALPNProtocols: ['h2'], ...named })
  socket.setNoDelay(true)
  return socket
}

export const CLOSED = 'the connection was closed'

/** Part of the details if the server speaks plain text. */
export const SPEAKS_PLAIN_TEXT = 'the port does not speak TLS'

function noAnswer(details: string): Loss {
  return { details, speaksOther: false }
}

/** Why there is no connection, with the likely cure. */
function unconnected(error: TlsError, tls: ChannelTls | undefined): Loss {
  if (error.code === 'ERR_SSL_WRONG_VERSION_NUMBER') return noAnswer(`no connection: ${SPEAKS_PLAIN_TEXT}`)
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

function problemOf(error: TlsError, { serverName }: Partial<ChannelTls>): string {
  const { code = '', library, reason, message } = error
  if (REFUSES_CLIENT.test(code)) return `the server refuses the client certificate (${reason ?? message})`
  if (library === 'SSL routines' && reason !== undefined) return reason
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return connectionProblem(error)
  return `${message} (${serverName === undefined ? 'give --tls-server-name' : '--tls-server-name is another name'})`
}

/** Codes of OpenSSL: no authority that is known has signed the certificate, or its time is over or has not begun. */
const UNTRUSTED = /^(UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|.*SELF_SIGNED_CERT.*)$/
const OUT_OF_DATE = /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/

const NO_AUTHORITY = '--tls-ca lacks the authority of the server, or the server does not send its whole chain'

/** The process, or the system, has as many open files as it may. */
const NO_DESCRIPTOR = /^E[MN]FILE$/

/**
 * The message of an error of a connection, with the likely cure. If a name has several addresses and none can be
 * reached, Node gives an error without a message, with one for each address. They are sorted, as a name server may
 * change their order.
 */
export function connectionProblem(error: NodeJS.ErrnoException): string {
  const { code = '' } = error
  const message = error instanceof AggregateError ? messagesOf(error) : error.message
  if (UNTRUSTED.test(code)) return `${message} (${NO_AUTHORITY})`
  if (OUT_OF_DATE.test(code)) return `${message} (that of the server, or of its authority)`
  if (NO_DESCRIPTOR.test(code)) return `${message}: too many files are open; raise their limit (ulimit -n)`
  return message
}

function messagesOf({ errors }: AggregateError): string {
  return (errors as readonly Error[])
    .map(({ message }) => message)
    .sort()
    .join(', ')
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
