/** What the client's side of an HTTP/2 connection offers. */
import type { IncomingHttpHeaders } from 'node:http2'

/** Codes of RFC 9113, section 7. */
export const CODE = {
  none: 0,
  protocol: 1,
  flowControl: 3,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
} as const

export interface ClientConnection {
  /** Whether new calls may begin: it is neither closed nor being closed by the server. */
  readonly isOpen: boolean
  readonly isConnecting: boolean
  readonly isDestroyed: boolean
  /**
   * Begins a call with one request. Its end is reported by `closed`, later.
   *
   * @param block its header block
   * @param body the request, which is not copied if it is large
   */
  request(block: Buffer, body: readonly Buffer[], handler: StreamHandler): ClientStream
  /** @param answered called when the server answers */
  ping(answered: () => void): void
  /** Ends all calls. */
  destroy(): void
}

export interface StreamHandler {
  /** The head of the response, or its trailers if the stream has ended with them. */
  headers(headers: IncomingHttpHeaders, isLast: boolean): void
  data(bytes: Buffer): void
  /** Called once. @param code of a reset by either side; 0 for a whole response or a lost connection */
  closed(code: number): void
}

export interface ClientStream {
  /** Resets the stream; `closed` is called before this returns, unless it has been. */
  close(code: number): void
}

export interface ConnectionEvents {
  /** The server speaks HTTP/2. */
  established(): void
  /** The server takes no more calls. */
  goaway(): void
  /** The connection is closed; the calls on it are told afterwards. @param error why, unless it was closed in order */
  closed(error: Error | undefined): void
}
