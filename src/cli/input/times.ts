/** Lengths of time as flags give them: a number, or one with a unit. */
import { InvalidArgumentError } from 'commander'
import { parseDecimal } from '../../files/io/decimal.ts'
import { plausible } from './parse.ts'

const UNITS_MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * The milliseconds of a length of time; NaN if it is none.
 *
 * @param unit the unit of a number alone
 */
export function milliseconds(text: string, unit: 'ms' | 's'): number {
  const [, number, given = unit] = /^(.*?)(ms|s|m|min|h|d)?$/s.exec(text.trim())!
  const ms = parseDecimal(number.trim()) * UNITS_MS[given]
  return ms >= 0 ? ms : Number.NaN
}

/** Reads a length of time in seconds, or with a unit. */
export function parseSeconds(text: string): number {
  const seconds = milliseconds(text, 's') / 1000
  return plausible(seconds, 'a number of seconds > 0, or a time such as 10min or 1h')
}

/** Reads a length of time in milliseconds, or with a unit. */
export function duration(mostMs: number): (text: string) => number {
  return (text) => {
    const ms = milliseconds(text, 'ms')
    if (ms <= mostMs) return ms
    throw new InvalidArgumentError(`Expected a time up to ${mostMs / 1_000}s, such as 5s or 500ms.`)
  }
}
