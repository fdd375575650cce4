import { readPem } from '../../files/documents/pem.ts'
import { type Place, placedAt } from '../../model/errors.ts'
import {
  type ClientTls,
  checkAuthorities,
  checkServerTls,
  clientContext,
  type ServerTls,
} from '../../serve/grpc/tls.ts'

export interface ServerTlsFlags {
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsClientCa?: string
}

/** The certificates that flags name; undefined for plain text. */
export async function readServerTls(given: ServerTlsFlags): Promise<ServerTls | undefined> {
  const { tlsCert, tlsKey, tlsClientCa } = given
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  const clientCa = await readAuthorities(tlsClientCa)
  const pair = { cert: await readPem(tlsCert), key: await readPem(tlsKey) }
  placedAt(pairAt('tls', tlsCert, tlsKey), () => checkServerTls(pair))
  return { ...pair, clientCa }
}

export interface ClientTlsFlags {
  readonly tlsCa?: string
  readonly tlsServerName?: string
  readonly clientCert?: string
  readonly clientKey?: string
}

/** The TLS settings for calls to servers; undefined for plain text. */
export async function readClientTls(given: ClientTlsFlags): Promise<ClientTls | undefined> {
  const { tlsCa, tlsServerName, clientCert, clientKey } = given
  if ([tlsCa, tlsServerName, clientCert, clientKey].every((flag) => flag === undefined)) return undefined
  const ca = tlsCa === 'system' ? undefined : await readAuthorities(tlsCa)
  const served = { ca, serverName: tlsServerName }
  if (clientCert === undefined || clientKey === undefined) return served
  const pair = { cert: await readPem(clientCert), key: await readPem(clientKey) }
  placedAt(pairAt('client', clientCert, clientKey), () => clientContext(pair))
  return { ...served, ...pair }
}

/** The place of a certificate and a key that do not fit each other: either file may be the wrong one. */
function pairAt(side: 'tls' | 'client', cert: string, key: string): Place {
  return { file: `${cert}, ${key}`, field: `--${side}-cert, --${side}-key` }
}

async function readAuthorities(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  const pem = await readPem(file)
  checkAuthorities(pem, { file })
  return pem
}
