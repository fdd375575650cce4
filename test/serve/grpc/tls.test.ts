/** Certificates and keys that Node takes although no handshake can succeed, and those whose fault it does not name. */
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkServerTls, clientContext } from '../../../src/serve/grpc/tls.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url))
const cert = pem('server.pem')
const key = pem('server.key')
const ca = pem('ca.pem')
const { privateKey } = generateKeyPairSync('ed25519')
const withLine = (buffer: Buffer, line: string) => Buffer.concat([Buffer.from(`${line}\n`), buffer])

test('a key of another type is rejected on both sides', () => {
  const other = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  expect(() => checkServerTls({ cert, key: other })).toThrow(/^tls: the certificate cannot be used: key type/)
  expect(() => clientContext({ cert, key: other })).toThrow(
    /^tls: the certificate for servers cannot be used/,
  )
})

test('an encrypted key is rejected with the command that decrypts it', () => {
  // a comment may have the word
  expect(() => checkServerTls({ cert: ca, key: withLine(key, '# ENCRYPTED elsewhere') })).toThrow(
    /; a key and its/,
  )
  const locked = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  expect(() => checkServerTls({ cert, key: Buffer.from(locked) })).toThrow(/encrypted.*openssl pkey/)
})

test('a chain whose first certificate is not that of the key is rejected', () => {
  expect(() => checkServerTls({ cert: Buffer.concat([ca, cert]), key })).toThrow(/first in a chain/)
  expect(() => checkServerTls({ cert: Buffer.concat([cert, ca]), key })).not.toThrow()
})

test.each([
  ['a key', key, 'there is no certificate in PEM'],
  [
    'DER',
    Buffer.from(ca.toString().replace(/-----.*?-----/g, ''), 'base64'),
    'there is no certificate in PEM',
  ],
  [
    'files that were joined without a line end',
    Buffer.from(`${ca.toString().trim()}${cert}`),
    'bad end line',
  ],
  [
    'a block that is cut',
    Buffer.concat([Buffer.from('-----BEGIN X509 CRL-----\nMII=\n'), ca]),
    'a block has no end',
  ],
  ['a certificate that is cut', ca.subarray(0, -40), 'a block has no end'],
  ['a second certificate that is cut', Buffer.concat([ca, cert.subarray(0, -40)]), 'a block has no end'],
])('certificate authorities of %s are rejected on both sides', (_what, wrong, problem) => {
  const expected = `a certificate authority cannot be used: .*${problem}; whole certificates`
  expect(() => checkServerTls({ cert, key, clientCa: wrong })).toThrow(
    new RegExp(`^tls.clientCa: ${expected}`),
  )
  expect(() => clientContext({ ca: wrong })).toThrow(new RegExp(`^tls.ca: ${expected}`))
})

test('of several certificate authorities the damaged one is told by its number', () => {
  const damaged = Buffer.from(ca.toString().replace('\nMII', '\nMII!!'))
  expect(() => clientContext({ ca: Buffer.concat([ca, cert, damaged]) })).toThrow(
    /^tls.ca: certificate authority 3 cannot be used: /,
  )
})

test.each([
  ['a text', String],
  ['an array of bytes', (pem: Buffer) => new Uint8Array(pem)],
])('contents in %s are rejected by name, and not shown', (_what, as) => {
  const other = as as (pem: Buffer) => Buffer
  const rejected = (name: string) =>
    new RegExp(
      `^tls\\.${name}: is no Buffer; the contents of a PEM file in a Buffer are expected, as \\S+ gives$`,
    )
  expect(() => checkServerTls({ cert, key: other(key) })).toThrow(rejected('key'))
  expect(() => checkServerTls({ cert: other(cert), key })).toThrow(rejected('cert'))
  expect(() => checkServerTls({ cert, key, clientCa: other(ca) })).toThrow(rejected('clientCa'))
  expect(() => clientContext({ ca: other(ca) })).toThrow(rejected('ca'))
  expect(() => clientContext({ cert, key: other(key) })).toThrow(rejected('key'))
})

test('PEM with comments, CRLF, several certificates or other blocks is taken', () => {
  const crlf = (text: Buffer) => Buffer.from(text.toString().replaceAll('\n', '\r\n'))
  const many = Buffer.concat([
    withLine(ca, '# the first'),
    key,
    withLine(cert, 'instead of -----BEGIN CERTIFICATE-----'),
  ])
  expect(() => clientContext({ ca: many, cert: withLine(cert, '# mine'), key })).not.toThrow()
  expect(() => checkServerTls({ cert: crlf(cert), key: crlf(key), clientCa: crlf(many) })).not.toThrow()
  // a byte order mark
  expect(() => clientContext({ ca: Buffer.from(`\ufeff${ca}`) })).not.toThrow()
})
