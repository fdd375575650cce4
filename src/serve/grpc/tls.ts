import { createSecureContext, type SecureContext } from 'node:tls'
import { KairosError } from '../../model/errors.ts'

/** TLS towards clients: the contents of PEM files. */
export interface ServerTls {
  readonly key: Buffer
  readonly cert: Buffer
  /** Certificate authority of clients. If given, every client must show a certificate (mutual TLS). */
  readonly clientCa?: Buffer | undefined
}

/** TLS towards servers: the contents of PEM files. */
export interface ClientTls {
  /** Certificate authorities of the server; those of the system unless given. */
  readonly ca?: Buffer | undefined
  /** Key and certificate of this client, for servers that require one (mutual TLS). */
  readonly key?: Buffer | undefined
  readonly cert?: Buffer | undefined
  /** The name in the server's certificate, if it is not the host of the address. */
  readonly serverName?: string | undefined
}

/** @throws KairosError BAD_USAGE if a certificate cannot be used */
export function serverContext({ key, cert, clientCa }: ServerTls): SecureContext {
  return contextOf('the certificate', { key, cert, ca: clientCa })
}

/** @throws KairosError BAD_USAGE if a certificate cannot be used */
export function clientContext({ ca, key, cert }: ClientTls): SecureContext {
  return contextOf('the certificate for servers', { ca, key, cert })
}

function contextOf(
  what: string,
  pem: { ca?: Buffer | undefined; key?: Buffer | undefined; cert?: Buffer | undefined },
): SecureContext {
  try {
    return createSecureContext({ ...pem, minVersion: 'TLSv1.2' })
  } catch (error) {
    throw new KairosError(
      'BAD_USAGE',
      `${what} cannot be used: ${(error as Error).message}`,
      { field: 'tls' },
      'a certificate and its own key in PEM are expected',
      { cause: error },
    )
  }
}
