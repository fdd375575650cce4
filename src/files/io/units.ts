import { refuseUsage } from '../../model/errors.ts'

/** Units of times that are numbers, and the powers of ten that turn them into milliseconds. */
export const SHIFTS = { ms: 0, s: 3, us: -3, ns: -6 } as const

/** A unit of times that are numbers. */
export type NumericUnit = keyof typeof SHIFTS

export const NUMERIC_UNITS = Object.keys(SHIFTS) as NumericUnit[]

export const TIME_UNITS = [...NUMERIC_UNITS, 'iso'] as const

/** A unit of times: of numbers, or `iso` for dates with times in ISO 8601. */
export type TimeUnit = (typeof TIME_UNITS)[number]

/** What a cell of times holds. */
export const EXPECTED_NUMBER: Readonly<Record<NumericUnit, string>> = {
  ms: 'a number of milliseconds',
  s: 'a number of seconds',
  us: 'a number of microseconds',
  ns: 'a number of nanoseconds',
}

/** A unit at the end of a name in lower case, where capitals in a word have a space before them. */
const UNIT_AT_END =
  /(?:^|[^a-zµμ])(?:(ms|msecs?|millis?|milliseconds?)|(us|µs|μs|usecs?|micros?|microseconds?)|(ns|nsecs?|nanos?|nanoseconds?)|(s|secs?|seconds?))[)\]]?$/

/** The unit that the name of a column ends in: `elapsed_ms`, `durationMs`, `duration (s)`, `took_seconds`. */
export function unitOfName(column: string): NumericUnit | undefined {
  // the time of nginx in seconds, with digits after the point for milliseconds
  if (/^\$?msec$/.test(column)) return undefined
  const found = UNIT_AT_END.exec(column.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase())
  const units = ['ms', 'us', 'ns', 's'] as const
  return found === null ? undefined : units.find((_, i) => found[i + 1] !== undefined)
}

/** @throws KairosError BAD_USAGE where a column is named after another unit */
export function checkUnit(column: string, unit: NumericUnit): void {
  const named = unitOfName(column)
  if (named === undefined || named === unit) return
  const problem = `is ${unit}, and the column "${column}" is named after ${named}`
  refuseUsage('unit', problem, `give ${named}, or another name in the file`)
}
