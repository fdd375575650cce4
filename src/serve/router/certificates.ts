/** When the certificates of a router expire: those that it shows, and those of the authorities that it accepts. */
import { certificatesIn } from '../grpc/tls.ts'
import type { RouterLog } from './events.ts'
import type { RouterOptions } from './router-options.ts'

/** A certificate is reported when this time is left, ms, and less than a third of its whole time. */
const SOON_MS = 7 * 24 * 3_600_000

const CURE = 'replace the file, and send SIGHUP'

/** @param now ms since 1970 */
export function createCertificateExpiry(
  log: Pick<RouterLog, 'warn'> | undefined,
  now: () => number = Date.now,
) {
  const seconds = new Map<string, number>()
  return {
    /** Takes other certificates, in place of those of their side, and warns of those that do not last. */
    set({ tls, serverTls }: Pick<RouterOptions, 'tls' | 'serverTls'>): void {
      const files = {
        ...(tls && { 'tls-cert': tls.cert, 'tls-client-ca': tls.clientCa }),
        ...(serverTls && { 'tls-ca': serverTls.ca, 'client-cert': serverTls.cert }),
      }
      for (const [certificate, pem] of Object.entries(files)) {
        seconds.delete(certificate)
        if (pem === undefined) continue
        const found = certificatesIn(pem).map(({ subject, validFrom, validTo }) => {
          return { subject, beginsMs: Date.parse(validFrom), expiresMs: Date.parse(validTo) }
        })
        seconds.set(certificate, Math.min(...found.map(({ expiresMs }) => expiresMs / 1_000)))
        for (const { subject, ...times } of found) {
          const problem = problemOf(times, now())
          if (problem === undefined) continue
          const expires = new Date(times.expiresMs).toISOString()
          const fields = { certificate, subject: subject.replaceAll('\n', ', '), expires }
          log?.warn(fields, `a certificate ${problem}: ${CURE}`)
        }
      }
    },
    /** For each file, by the flag that names it, when the first of its certificates expires, seconds since 1970. */
    seconds: (): ReadonlyMap<string, number> => seconds,
  }
}

function problemOf(times: { beginsMs: number; expiresMs: number }, nowMs: number): string | undefined {
  const { beginsMs, expiresMs } = times
  const leftMs = expiresMs - nowMs
  if (leftMs <= 0) return 'has expired, and handshakes that need it fail'
  if (beginsMs > nowMs) return `is not valid before ${new Date(beginsMs).toISOString()}`
  if (leftMs > Math.min(SOON_MS, (expiresMs - beginsMs) / 3)) return undefined
  return 'expires soon'
}
