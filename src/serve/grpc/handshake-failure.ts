/** Connections of clients that fail before their first request, because the two sides do not agree on TLS. */
import type { TLSSocket } from 'node:tls'

/** What is wrong, by reason, for the log. */
export const HANDSHAKE_FAILURES = {
  'plain-text': 'a client speaks plain text, and the port TLS',
  tls: 'a client speaks TLS, and the port plain text: --tls-cert and --tls-key turn TLS on',
  'no-certificate': 'a client has no certificate, and --tls-client-ca requires one',
  'client-certificate': 'the certificate of a client is not accepted',
  'router-certificate': 'a client does not accept the certificate of this router',
  version: 'a client has no version or cipher of TLS in common with this router',
  timeout: 'a client does not finish the TLS handshake in time',
  closed:
    'a client closes its connection during the TLS handshake: it may not accept the certificate of this router',
  other: 'the TLS handshake with a client fails',
} as const

export type HandshakeReason = keyof typeof HANDSHAKE_FAILURES

export interface HandshakeFailure {
  readonly reason: HandshakeReason
  /** The words of OpenSSL or Node; nothing of what the client has sent. */
  readonly details?: string
}

const REASONS: readonly (readonly [RegExp, HandshakeReason])[] = [
  [/^ERR_SSL_(HTTP_REQUEST|WRONG_VERSION_NUMBER)$/, 'plain-text'],
  [/^ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE$/, 'no-certificate'],
  [/_(UNSUPPORTED_PROTOCOL|NO_SHARED_CIPHER|PROTOCOL_VERSION|HANDSHAKE_FAILURE)$/, 'version'],
  // alerts of a client about a certificate
  [/ALERT_(UNKNOWN_CA|(BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_\w+)$/, 'router-certificate'],
  [/^ERR_TLS_HANDSHAKE_TIMEOUT$/, 'timeout'],
  [/^(ECONNRESET|EPIPE)$/, 'closed'],
]

/** Why a handshake has failed. @param error of the event `tlsClientError` */
export function handshakeFailure(
  { code = '', reason, message }: NodeJS.ErrnoException & { readonly reason?: string },
  socket: TLSSocket,
): HandshakeFailure {
  // Node only destroys the socket then
  const refused = socket.authorizationError as unknown as string | null | undefined
  if (refused) return { reason: 'client-certificate', details: refused }
  const found = REASONS.find(([codes]) => codes.test(code))?.[1] ?? 'other'
  return { reason: found, details: reason ?? (code || message) }
}

/** A record of TLS with a handshake begins with this byte; no request of HTTP does. */
export const HANDSHAKE_BYTE = 0x16
