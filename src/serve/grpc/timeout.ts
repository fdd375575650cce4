/** Time limits of calls: the header `grpc-timeout`, at most eight digits and a unit, and coarse delays of timers. */
import { LONGEST_MS } from '../../model/checks.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

/** Eight digits are the most that the header has. */
const MOST = 99_999_999

/** The most seconds that fit into a timer in ms. A server of grpc-js treats a longer timeout as expired. */
const MOST_SECONDS = Math.floor(LONGEST_MS / 1_000)

/** The timeout, ms; Infinity without a header; undefined if it is invalid. */
export function parseTimeout(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return Infinity
  const parts = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null
  return parts === null ? undefined : Number(parts[1]) * UNIT_MS[parts[2]]
}

export function formatTimeout(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms))
  return whole <= MOST ? `${whole}m` : `${Math.min(MOST_SECONDS, Math.ceil(ms / 1_000))}S`
}

/**
 * A delay up to 1/16 longer than the time. Few different delays are cheap: timers of the same delay share one list, and
 * HTTP/2 compresses a header to a byte or two whose value it has seen.
 */
export function coarseMs(ms: number): number {
  if (ms >= LONGEST_MS) return LONGEST_MS
  const step = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, ms))) - 4)
  return Math.min(LONGEST_MS, Math.ceil(ms / step) * step)
}
