import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createCertificateExpiry } from '../../../src/serve/router/certificates.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url))
const cert = pem('server.pem')
const { beginsMs, expiresMs } = timesOf(cert)
const DAY_MS = 24 * 3_600_000

function timesOf(certificate: Buffer): { beginsMs: number; expiresMs: number } {
  const { validFrom, validTo } = new X509Certificate(certificate)
  return { beginsMs: Date.parse(validFrom), expiresMs: Date.parse(validTo) }
}

/** What is said of the certificate of a router at a time. */
function saidAt(nowMs: number, shown = cert): [object, string][] {
  const lines: [object, string][] = []
  const warn = (fields: object, message: string) => void lines.push([fields, message])
  createCertificateExpiry({ warn }, () => nowMs).set({ tls: { cert: shown, key: shown } })
  return lines
}

test('warns of a certificate that has expired, expires within a week, or is not valid yet', () => {
  const fields = {
    certificate: 'tls-cert',
    subject: new X509Certificate(cert).subject,
    expires: new Date(expiresMs).toISOString(),
  }
  const then = 'replace the file, and send SIGHUP'
  const expired = `a certificate has expired, and handshakes that need it fail: ${then}`
  expect(saidAt(expiresMs)).toEqual([[fields, expired]])
  expect(saidAt(expiresMs - 6 * DAY_MS)).toEqual([[fields, `a certificate expires soon: ${then}`]])
  expect(saidAt(expiresMs - 8 * DAY_MS)).toEqual([])
  const early = `a certificate is not valid before ${new Date(beginsMs).toISOString()}: ${then}`
  expect(saidAt(beginsMs - 1)).toEqual([[fields, early]])
})

test('warns of a certificate of a few days in the last third of its time, with its whole name', () => {
  const brief = pem('brief.pem')
  const times = timesOf(brief)
  const lastThirdMs = times.expiresMs - (times.expiresMs - times.beginsMs) / 3
  expect(saidAt(lastThirdMs - 1, brief)).toEqual([])
  const [[fields, message]] = saidAt(lastThirdMs, brief)
  expect(fields).toMatchObject({ subject: 'O=tests, CN=brief' })
  expect(message).toMatch(/^a certificate expires soon/)
})

test('has the expiry of each file, of which the first certificate to expire counts', () => {
  const expiry = createCertificateExpiry(undefined)
  const other = pem('ca.pem')
  const firstMs = Math.min(expiresMs, Date.parse(new X509Certificate(other).validTo))
  const tls = { cert, key: cert, clientCa: Buffer.concat([cert, other]) }
  expiry.set({ tls, serverTls: { ca: other, cert: pem('brief.pem') } })
  expect([...expiry.seconds().keys()]).toEqual(['tls-cert', 'tls-client-ca', 'tls-ca', 'client-cert'])
  expect(expiry.seconds().get('tls-cert')).toBe(expiresMs / 1000)
  expect(expiry.seconds().get('tls-client-ca')).toBe(firstMs / 1000)
  expect(expiry.seconds().get('client-cert')).toBe(timesOf(pem('brief.pem')).expiresMs / 1000)
  // the certificates of the servers stay, those for clients have no authority any more
  expiry.set({ tls: { cert, key: cert } })
  expect([...expiry.seconds().keys()].sort()).toEqual(['client-cert', 'tls-ca', 'tls-cert'])
})
