/** Checks of what a caller passes to a dispatcher. Each throws KairosError BAD_USAGE. */
import { valueText } from '../model/checks.ts'
import { refuseUsage } from '../model/errors.ts'

/** Queries are numbered by their caller, with 32 bits. */
export function checkQuery(query: number): void {
  // the bits of a BigInt are no number
  if (typeof query === 'number' && (query | 0) === query) return
  refuseUsage('query', `is ${valueText(query)}`, 'a whole number of 32 bits is expected')
}

export function checkBin(bin: number, bins: number): void {
  if (Number.isSafeInteger(bin) && bin >= 0 && bin < bins) return
  refuseUsage('bin', `is ${valueText(bin)}`, `0 to ${bins - 1} are expected`)
}

export function checkTime(field: string, ms: number): void {
  if (Number.isFinite(ms)) return
  refuseUsage(field, `is ${valueText(ms)}`, 'a time in ms is expected')
}

export function checkSlowdown(slowdown: number): void {
  if (typeof slowdown === 'number' && slowdown > 0 && slowdown < Infinity) return
  refuseUsage('slowdown', `is ${valueText(slowdown)}`, 'a number > 0 is expected')
}

export function checkAging(aging: number): void {
  if (typeof aging === 'number' && aging >= 0 && aging <= 1) return
  refuseUsage('aging', `is ${valueText(aging)}`, 'a number from 0 to 1 is expected')
}

/** Whether a kernel may be asked for the state of an instance with this number. */
export function isInstanceNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31
}
