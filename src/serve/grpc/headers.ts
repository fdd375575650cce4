/** Headers of requests and responses are forwarded, except for those that belong to one connection or one hop. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'

/** Names in lower case. A value of a name that ends in `-bin` is base64, and is passed on as it is. */
export type Headers = Readonly<Record<string, string | string[]>>

const PER_HOP = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'expect',
  'grpc-accept-encoding',
  'grpc-encoding',
  'grpc-message',
  'grpc-status',
  'grpc-timeout',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
])

/** Names and values in turn, as node:http2 passes them with the object that it makes of them. */
export type RawHeaders = readonly string[]

/**
 * The headers to forward; undefined if none is left.
 *
 * @param raw the same headers as a list, if it is known: checking it takes a fifth of the time
 */
export function forwardedHeaders(received: IncomingHttpHeaders, raw?: RawHeaders): Headers | undefined {
  if (raw !== undefined && !hasForwarded(raw)) return undefined
  let forwarded: Record<string, string | string[]> | undefined
  const { connection } = received
  // more headers of this hop (RFC 9110, 7.6.1); HTTP/2 has none
  const named = connection === undefined ? undefined : new Set(connection.toLowerCase().split(/[\s,]+/))
  let values: ReadonlyMap<string, readonly string[]> | undefined
  for (const name in received) {
    if (!isForwarded(name) || named?.has(name)) continue
    const value = received[name]
    if (value === undefined) continue
    forwarded ??= {}
    if (name.endsWith('-bin')) forwarded[name] = binaryValues(value)
    else if (raw === undefined || typeof value !== 'string' || !value.includes(', ')) forwarded[name] = value
    else {
      values ??= valuesByName(raw)
      forwarded[name] = textValues(value, values.get(name))
    }
  }
  return forwarded
}

/** Values of one name, which node:http2 joins by commas. Peers decode each header as one value. */
function binaryValues(value: string | string[]): string | string[] {
  return typeof value === 'string' && value.includes(',') ? value.split(/, */) : value
}

function valuesByName(raw: RawHeaders): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (let i = 0; i < raw.length; i += 2) {
    const own = values.get(raw[i])
    if (own === undefined) values.set(raw[i], [raw[i + 1]])
    else own.push(raw[i + 1])
  }
  return values
}

/** Values of one name, as they came: node:http2 joins them, and a value may have commas of its own. */
function textValues(joined: string, values: readonly string[] = []): string | string[] {
  return values.length > 1 && values.join(', ') === joined ? [...values] : joined
}

function hasForwarded(raw: RawHeaders): boolean {
  for (let i = 0; i < raw.length; i += 2) if (isForwarded(raw[i])) return true
  return false
}

function isForwarded(name: string): boolean {
  // pseudo-headers begin with a colon
  return name.charCodeAt(0) !== 58 && !PER_HOP.has(name)
}

/** `application/grpc`, perhaps with a format or parameters. gRPC-Web is another protocol. */
export function isGrpc(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/grpc(?:$|[+;])/i.test(contentType)
}

/** What a list of headers counts beside their names and values, bytes for each (RFC 9113, 6.5.2). */
const OVERHEAD_BYTES = 32

/** The size of received headers against the limit of this side. */
export function receivedBytes(raw: RawHeaders): number {
  let bytes = (raw.length / 2) * OVERHEAD_BYTES
  for (const { length } of raw) bytes += length
  return bytes
}

/** The size of headers against the limit that the other side has announced. Names and values are ASCII. */
export function listBytes(headers: OutgoingHttpHeaders): number {
  let bytes = 0
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined) continue
    for (const one of [value].flat()) bytes += name.length + String(one).length + OVERHEAD_BYTES
  }
  return bytes
}
