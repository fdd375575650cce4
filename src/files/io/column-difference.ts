/** Cells that a caller names by a difference of two columns, such as end-start. */
import { refusedOption } from './refused-option.ts'

/** The column that a name stands for, or the two whose difference it is. */
export type Terms = readonly [column: string] | readonly [minuend: string, subtrahend: string]

/**
 * A column of the whole name is taken first. Otherwise the name is split at a minus where both parts are columns.
 *
 * @returns the whole name where neither is so
 * @throws KairosError BAD_USAGE where it can be split at several minuses
 */
export function termsOf(name: string, isColumn: (column: string) => boolean): Terms {
  if (isColumn(name) || !name.includes('-')) return [name]
  const splits = [...name.matchAll(/-/g)]
    .map(({ index }) => [name.slice(0, index).trim(), name.slice(index + 1).trim()] as const)
    .filter((parts) => parts.every(isColumn))
  if (splits.length > 1) {
    const meanings = splits.map(([end, start]) => `"${end}" minus "${start}"`).join(' or ')
    throw refusedOption('map', name, `this may be ${meanings}: rename one of these columns`)
  }
  return splits[0] ?? [name]
}

const DECIMAL = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d{1,3}))?$/

/**
 * The exact difference of two cells: of times since 1970 in ns, a double would lose the last three digits.
 *
 * @returns a decimal number; empty where a cell is; else, where a cell is no number, both cells with a minus in between
 */
export function differenceOf(minuend: string, subtrahend: string): string {
  if (minuend === '' || subtrahend === '') return ''
  const [a, b] = [decimalOf(minuend), decimalOf(subtrahend)]
  if (a === undefined || b === undefined) return `${minuend} - ${subtrahend}`
  const places = Math.max(a.places, b.places, 0)
  const [first, second] = [a, b].map((each) => each.digits * 10n ** BigInt(places - each.places))
  const difference = first - second
  const digits = String(difference < 0n ? -difference : difference).padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = digits.slice(digits.length - places)
  return `${difference < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** A number of digits / 10^places; undefined for another text. */
function decimalOf(text: string): { readonly digits: bigint; readonly places: number } | undefined {
  const match = DECIMAL.exec(text)
  if (match === null || match[2] + match[3] === '') return undefined
  const [, sign, whole, fraction, exponent = '0'] = match
  const digits = BigInt(whole + fraction)
  return { digits: sign === '-' ? -digits : digits, places: fraction.length - Number(exponent) }
}
