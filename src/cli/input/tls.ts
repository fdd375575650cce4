import { readPem } from '../../files/documents/pem.ts'
import { type ClientTls, checkAuthorities, type ServerTls } from '../../serve/grpc/tls.ts'

export interface ServerTlsFlags {
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly tlsClientCa?: string
}

/** The certificates that flags name; undefined for plain text. */
export async function readServerTls(given: ServerTlsFlags): Promise<ServerTls | undefined> {
  const { tlsCert, tlsKey, tlsClientCa } = given
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  return {
    cert: await readPem(tlsCert),
    key: await readPem(tlsKey),
    clientCa: await readAuthorities(tlsClientCa),
  }
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
  return {
    ca: tlsCa === 'system' ? undefined : await readAuthorities(tlsCa),
    cert: await readIfGiven(clientCert),
    key: await readIfGiven(clientKey),
    serverName: tlsServerName,
  }
}

async function readIfGiven(file: string | undefined): Promise<Buffer | undefined> {
  return file === undefined ? undefined : readPem(file)
}

async function readAuthorities(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  const pem = await readPem(file)
  checkAuthorities(pem, { file })
  return pem
}
