/** Cells that a caller names by a difference of two columns, such as end-start. */
import { refuseUsage } from '../../model/errors.ts'
import { parseDecimal } from './decimal.ts'
import { hasZone, parseTimestamp } from './timestamp.ts'

/** The column that a name stands for, or the two whose difference it is. */
export type Terms = readonly [column: string] | readonly [minuend: string, subtrahend: string]

/**
 * A column of the whole name is taken first. Otherwise the name is split at a minus where both parts are columns.
 *
 * @returns the whole name where neither is so
 * @throws KairosError BAD_USAGE where it can be split at several minuses
 */
export function termsOf(name: string, isColumn: (column: string) => boolean): Terms {
  if (isColumn(name)) return [name]
  const splits = [...name.matchAll(/-/g)]
    .map(({ index }) => [name.slice(0, index).trim(), name.slice(index + 1).trim()] as const)
    .filter((parts) => parts.every(isColumn))
  if (splits.length > 1) {
    const meanings = splits.map(([end, start]) => `"${end}" minus "${start}"`).join(' or ')
    refuseUsage('map', `is "${name}"`, `this may be ${meanings}: rename one of these columns`)
  }
  return splits[0] ?? [name]
}

const DECIMAL = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d{1,3}))?$/

/**
 * The exact difference of two cells: of times since 1970 in ns, a double would lose the last three digits.
 *
 * @returns a decimal number; of two dates `0.123000000 s`; empty where a cell is; else both cells with a minus
 */
export function differenceOf(minuend: string, subtrahend: string): string {
  if (minuend === '' || subtrahend === '') return ''
  const [a, b] = [decimalOf(minuend), decimalOf(subtrahend)]
  if (a === undefined || b === undefined) {
    return differenceOfDates(minuend, subtrahend) ?? `${minuend} - ${subtrahend}`
  }
  return subtracted(a, b)
}

const SECONDS = /^(-?\d+\.\d{9}) s$/

/** The seconds of a difference of two dates, multiplied by 10^`shift`; NaN for another text. */
export function parseDifferenceOfDates(text: string, shift = 0): number {
  return parseDecimal(SECONDS.exec(text)?.[1] ?? '', shift)
}

const TIME_OF_DAY = /^\d{1,2}:\d\d/

/** What should replace two cells that have no difference although one of them is a date or a time of day. */
export function expectedOfDates(difference: string): string | undefined {
  const parts = difference.split(' - ')
  if (parts.length !== 2) return undefined
  if (parts.every((part) => TIME_OF_DAY.test(part)))
    return 'two dates with their time, like 2026-11-30T12:00:00.123Z'
  const dates = parts.filter((part) => parseTimestamp(part) !== undefined)
  if (dates.length === 0) return undefined
  if (dates.length === 1) return 'two dates like 2026-11-30T12:00:00.123Z, or two numbers'
  return 'two dates with a time zone, such as Z or +01:00, or two without one'
}

/** Undefined where one is no date, or only one of them names its zone. */
function differenceOfDates(minuend: string, subtrahend: string): string | undefined {
  const [a, b] = [minuend, subtrahend].map(parseTimestamp)
  if (a === undefined || b === undefined || hasZone(minuend) !== hasZone(subtrahend)) return undefined
  const [first, second] = [a, b].map(({ seconds, nanoseconds }) => ({
    digits: BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
    places: 9,
  }))
  return `${subtracted(first, second)} s`
}

/** A number of digits / 10^places. */
interface Decimal {
  readonly digits: bigint
  readonly places: number
}

function subtracted(a: Decimal, b: Decimal): string {
  const places = Math.max(a.places, b.places, 0)
  const [first, second] = [a, b].map((each) => each.digits * 10n ** BigInt(places - each.places))
  const difference = first - second
  const digits = String(difference < 0n ? -difference : difference).padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = digits.slice(digits.length - places)
  return `${difference < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Undefined for a text that is no number. */
function decimalOf(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text)
  if (match === null || match[2] + match[3] === '') return undefined
  const [, sign, whole, fraction, exponent = '0'] = match
  const digits = BigInt(whole + fraction)
  return { digits: sign === '-' ? -digits : digits, places: fraction.length - Number(exponent) }
}
