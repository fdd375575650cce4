/** The status of a call, and how it stands in headers. */
import { constants } from 'node:http2'

/** The statuses of gRPC by their names. */
export const status = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const

/** A number: a peer may send one that gRPC does not have. */
export type status = number

const NAMES = new Map<status, string>(Object.entries(status).map(([name, code]) => [code, name]))

/** The end of the details where a message of a client, or a response for it, is larger than the router takes. */
export const LARGER_LIMIT = '; send smaller batches, or give the router a larger --max-message-mb'

/** The end of the details where the requests of all clients need more memory than the router may use. */
export const LARGER_BUFFER = '; try again later, or give the router a larger --max-buffered-mb'

/** The most characters of `grpc-message`, up to nine bytes each: a peer may close at headers of 8 KiB. */
const MOST_DETAILS = 800

/**
 * `grpc-message`: UTF-8, of which bytes outside printable ASCII, and `%`, are written as `%XX`. What is longer is cut,
 * as where it quotes a name from a request. HTTP/2 has no fields that begin or end with a space.
 */
export function encodeDetails(details: string): string {
  const short = details.length > MOST_DETAILS ? `${details.slice(0, MOST_DETAILS)}...` : details
  return short.replaceAll(/[^ -$&-~]+|^ | $/gu, (text) =>
    Buffer.from(text).toString('hex').toUpperCase().replaceAll(/../g, '%$&'),
  )
}

/** Reads `grpc-message`; escapes that are invalid stay as they are. */
export function decodeDetails(encoded: string): string {
  if (!encoded.includes('%')) return encoded
  const bytes = encoded.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString()
}

/** The code in `grpc-status`, also one unknown to gRPC; UNKNOWN for what is no code; undefined without the header. */
export function codeOf(header: string | string[] | undefined): status | undefined {
  if (header === undefined) return undefined
  return typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : status.UNKNOWN
}

/** The name of a status; a server may send one that gRPC does not have. */
export function statusText(code: status): string {
  return NAMES.get(code) ?? String(code)
}

/** A failed call on one line. */
export function describeError({
  code,
  details,
}: {
  readonly code: status
  readonly details: string
}): string {
  return `${statusText(code)} ${details}`.replaceAll(/\s+/g, ' ').trim()
}

const OF_HTTP: Readonly<Record<number, status>> = {
  400: status.INTERNAL,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.UNIMPLEMENTED,
  429: status.UNAVAILABLE,
  502: status.UNAVAILABLE,
  503: status.UNAVAILABLE,
  504: status.UNAVAILABLE,
}

/** The code for a response that has an HTTP status instead of one of gRPC. */
export function codeOfHttp(httpStatus: number): status {
  return OF_HTTP[httpStatus] ?? status.UNKNOWN
}

const OF_RESET: Readonly<Record<number, status>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: status.UNAVAILABLE,
  [constants.NGHTTP2_CANCEL]: status.CANCELLED,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: status.RESOURCE_EXHAUSTED,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: status.PERMISSION_DENIED,
}

/** The code for a stream that was reset. */
export function codeOfReset(resetCode: number): status {
  return OF_RESET[resetCode] ?? status.INTERNAL
}
