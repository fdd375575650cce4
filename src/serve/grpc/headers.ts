/** Headers of requests and responses are forwarded, except for those that belong to one connection or one hop. */
import type { IncomingHttpHeaders } from 'node:http2'

/** Names in lower case. A value of a name that ends in `-bin` is base64, and is passed on as it is. */
export type Headers = Readonly<Record<string, string | string[]>>

const PER_HOP = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
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

/** The headers to forward; undefined if none is left. */
export function forwardedHeaders(received: IncomingHttpHeaders | undefined): Headers | undefined {
  let forwarded: Record<string, string | string[]> | undefined
  for (const name in received) {
    // pseudo-headers begin with a colon
    if (name.charCodeAt(0) === 58 || PER_HOP.has(name)) continue
    const value = received[name]
    if (value === undefined) continue
    forwarded ??= {}
    forwarded[name] = value
  }
  return forwarded
}
