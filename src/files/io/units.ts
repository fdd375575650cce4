/** Units of times that are numbers, and the powers of ten that turn them into milliseconds. */
export const SHIFTS = { ms: 0, s: 3, us: -3, ns: -6 } as const

/** A unit of times that are numbers. */
export type NumericUnit = keyof typeof SHIFTS

export const NUMERIC_UNITS = Object.keys(SHIFTS) as NumericUnit[]

/** What a cell of times holds. */
export const EXPECTED_NUMBER: Readonly<Record<NumericUnit, string>> = {
  ms: 'a number of milliseconds',
  s: 'a number of seconds',
  us: 'a number of microseconds',
  ns: 'a number of nanoseconds',
}
