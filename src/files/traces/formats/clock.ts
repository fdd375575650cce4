import { refuseUsage } from '../../../model/errors.ts'
import { RARE_BEGIN_MS, UNIX_FROM_MS } from '../../../model/trace/trace.ts'
import { expectedNumber, parseDecimal } from '../../io/decimal.ts'
import { hasZone, millisecondsBetween, parseTimestamp, type Timestamp } from '../../io/timestamp.ts'
import {
  EXPECTED_NUMBER,
  NUMERIC_UNITS,
  type NumericUnit,
  SHIFTS,
  TIME_UNITS,
  type TimeUnit,
} from '../../io/units.ts'

const EXPECTED = { ...EXPECTED_NUMBER, iso: 'a time like 2024-05-10T00:00:00.5Z' }

/** The time of access logs of Apache httpd and nginx, of which a blank as delimiter cuts off the zone. */
const ACCESS_LOG_TIME = /^\[?\d\d\/[A-Z][a-z]{2}\/\d{4}:/

/** Numbers from 2001 to 2286 are taken for times since 1970, ms. */
const UNIX_TO_MS = 1e13

/** Reads the arrivals of a file in a unit. */
export interface ArrivalClock {
  /** Milliseconds after the origin; NaN for a text that is no arrival. */
  msOf(text: string): number
  /** What is expected instead of such a text. */
  expected(text: string): string
  /** The instant of 0 ms, where the arrivals are dates or times since 1970. */
  origin(): Timestamp | undefined
  /** The unit in which the first arrival is a time since 1970, where it is none in the given one and begins late. */
  likelyUnit(): NumericUnit | undefined
}

/** @throws KairosError BAD_USAGE for an unknown unit */
export function createArrivalClock(unit: TimeUnit): ArrivalClock {
  if (!TIME_UNITS.includes(unit)) refuseUsage('unit', `is "${unit}"`, `expected ${TIME_UNITS.join(', ')}`)
  let origin: Timestamp | undefined
  if (unit === 'iso') {
    let isZoned: boolean | undefined
    return {
      msOf(text) {
        const time = parseTimestamp(text)
        if (!time) return Number.NaN
        origin ??= time
        isZoned ??= hasZone(text)
        // a local time beside one with a zone would be hours off
        return hasZone(text) === isZoned ? millisecondsBetween(origin, time) : Number.NaN
      },
      expected(text) {
        if (parseTimestamp(text))
          return `a time ${isZoned ? 'with its zone, such as Z or +01:00,' : 'without a zone,'} as in the rows before`
        if (!Number.isNaN(parseDecimal(text))) return `${EXPECTED.iso}; for numbers, --unit s, ms, us or ns`
        const cure = 'let nginx log $msec for --unit s, or Apache %{msec}t for ms: whole seconds make bursts'
        return ACCESS_LOG_TIME.test(text) ? `${EXPECTED.iso}; ${cure}` : EXPECTED.iso
      },
      origin: () => origin,
      likelyUnit: () => undefined,
    }
  }
  let firstMs: number | undefined
  return {
    msOf(text) {
      const ms = parseDecimal(text, SHIFTS[unit])
      firstMs ??= ms
      if (isUnixTime(ms)) origin ??= { seconds: 0, nanoseconds: 0 }
      return ms
    },
    expected: (text) => {
      if (parseTimestamp(text)) return `${EXPECTED[unit]}; for dates, --unit iso`
      return expectedNumber(EXPECTED[unit], text)
    },
    origin: () => origin,
    likelyUnit: () => (firstMs === undefined ? undefined : likelyUnit(firstMs, unit)),
  }
}

function likelyUnit(firstMs: number, given: NumericUnit): NumericUnit | undefined {
  if (firstMs < RARE_BEGIN_MS || isUnixTime(firstMs)) return undefined
  return NUMERIC_UNITS.find((unit) => isUnixTime(firstMs * 10 ** (SHIFTS[unit] - SHIFTS[given])))
}

function isUnixTime(ms: number): boolean {
  return ms >= UNIX_FROM_MS && ms < UNIX_TO_MS
}
