import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type SecureContext,
} from 'node:tls'
import { checkGiven, type OptionNames, valueText } from '../../model/checks.ts'
import { KairosError, type Place, refuseUsage } from '../../model/errors.ts'

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

const SERVER: OptionNames<ServerTls> = { key: true, cert: true, clientCa: true }

const CLIENT: OptionNames<ClientTls> = { ca: true, key: true, cert: true, serverName: true }

/** @throws KairosError BAD_USAGE if a certificate cannot be used, or for an option that there is not */
export function checkServerTls(tls: ServerTls): void {
  checkGiven(tls, SERVER)
  const { key, cert, clientCa } = tls
  if (key === undefined || cert === undefined) {
    const cure = 'the contents of both PEM files are expected'
    refuseUsage('tls', 'has no key or no cert', cure)
  }
  checkContents({ key, cert, clientCa })
  if (clientCa !== undefined) checkAuthorities(clientCa, { field: 'tls.clientCa' })
  contextOf('the certificate', { key, cert, ca: clientCa })
}

/** @throws KairosError BAD_USAGE if a certificate or a name cannot be used, or for an option that there is not */
export function clientContext(tls: ClientTls): SecureContext {
  checkGiven(tls, CLIENT)
  const { ca, key, cert, serverName } = tls
  if (serverName !== undefined && !isHost(serverName)) {
    const cure = 'the name of a host, or an address, is expected'
    refuseUsage('tls.serverName', `is ${valueText(serverName)}`, cure)
  }
  checkContents({ ca, key, cert })
  if (ca !== undefined) checkAuthorities(ca, { field: 'tls.ca' })
  return contextOf('the certificate for servers', { ca, key, cert })
}

/**
 * Refuses texts, such as the path of a file, which Node takes for its contents, and other arrays. The message has no
 * value, which may be a key.
 */
function checkContents(contents: Readonly<Record<string, Buffer | undefined>>): void {
  for (const [name, content] of Object.entries(contents)) {
    if (content === undefined || Buffer.isBuffer(content)) continue
    const cure = 'the contents of a PEM file in a Buffer are expected, as readFileSync(FILE) gives'
    refuseUsage(`tls.${name}`, 'is no Buffer', cure)
  }
}

/** Whether it is an address or the name of a host: clients send it in a URL. */
function isHost(name: unknown): boolean {
  if (typeof name !== 'string') return false
  return (
    isIP(name) > 0 ||
    (URL.canParse(`https://${name}`) && new URL(`https://${name}`).hostname === name.toLowerCase())
  )
}

/**
 * The options of a connection to a server whose certificate has a name. An address is no name to send (RFC 6066, 3),
 * and Node 26 refuses it.
 */
export function expectName(name: string) {
  return {
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
  } satisfies ConnectionOptions
}

const OWN_KEY = 'a key and its certificate in PEM are expected, that certificate first in a chain'

const AUTHORITIES =
  'whole certificates in PEM are expected: openssl x509 -inform DER -in FILE writes one that is in DER as PEM'

const DECRYPTED =
  'the key is encrypted, and one without a passphrase is expected: openssl pkey -in KEY -out FILE'

const ENCRYPTED = /^(-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED)/m

function contextOf(
  what: string,
  pem: { ca?: Buffer | undefined; key?: Buffer | undefined; cert?: Buffer | undefined },
): SecureContext {
  const { key, cert } = pem
  try {
    const context = createSecureContext({ ...pem, minVersion: 'TLSv1.2' })
    if (key !== undefined && cert !== undefined) checkKey(key, cert)
    return context
  } catch (error) {
    const cure = key && ENCRYPTED.test(key.toString()) ? DECRYPTED : OWN_KEY
    const problem = `${what} cannot be used: ${reasonOf(error as Error)}`
    throw new KairosError('BAD_USAGE', problem, { field: 'tls' }, cure, { cause: error })
  }
}

/** OpenSSL's reason, without the place in its code. */
const reasonOf = (error: Error & { readonly reason?: string }) => error.reason ?? error.message

/**
 * Checks certificate authorities: Node ignores a certificate that is damaged, and all that follow.
 *
 * @param place where they are from
 * @throws KairosError BAD_USAGE
 */
export function checkAuthorities(pem: Buffer, place: Place): void {
  let number = 0
  try {
    const blocks = blocksOf(pem)
    const certificates = blocks.filter((block) => CERTIFICATE.test(block))
    if (certificates.length === 0) throw new Error('there is no certificate in PEM')
    if (blocks.some((block) => block.startsWith('-----BEGIN ') && !block.includes('-----END ')))
      throw new Error('a block has no end')
    for (const certificate of certificates) {
      number++
      new X509Certificate(certificate)
    }
  } catch (error) {
    const what = number > 1 ? `certificate authority ${number}` : 'a certificate authority'
    const problem = `${what} cannot be used: ${reasonOf(error as Error)}`
    throw new KairosError('BAD_USAGE', problem, place, AUTHORITIES, { cause: error })
  }
}

const CERTIFICATE = /^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/

/** The certificates of a file in PEM. @throws Error for one that is damaged */
export function certificatesIn(pem: Buffer): X509Certificate[] {
  const certificates = blocksOf(pem).filter((block) => CERTIFICATE.test(block))
  return certificates.map((block) => new X509Certificate(block))
}

/** Comments may stand between blocks, and in lines of their own only. */
function blocksOf(pem: Buffer): string[] {
  return pem
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/^(?=-----BEGIN )/m)
}

/** OpenSSL compares only a key and a certificate of the same type; with others every handshake fails. @throws Error */
function checkKey(key: Buffer, cert: Buffer): void {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error('key type mismatch')
}
