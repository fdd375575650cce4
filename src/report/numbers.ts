// Formats of numbers in text. Data formats print doubles in full.
import { counted } from '../model/counted.ts'
import { groupDigits } from '../model/group-digits.ts'
import { withoutRounding } from '../model/rounding.ts'

/** 12096.50 -> "12,096.5". Intl does the same, but its first number takes 40 ms, a tenth of a short command. */
function grouped(digits: string): string {
  if (Number(digits) === 0) return '0'
  return groupDigits(digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits)
}

/** All digits of a number that someone has given: 600000 -> "600,000", 2.125 -> "2.125" */
export function formatGiven(value: number): string {
  return groupDigits(value)
}

/** 12096 -> "12,096" */
export function formatCount(value: number): string {
  return grouped(value.toFixed(0))
}

/** 1 query, 12,096 queries */
export function formatQueries(count: number): string {
  return counted(count, 'query', 'queries')
}

/** Decimals that give a number three significant digits, without an exponent. */
function decimals(value: number): number {
  return Math.min(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))), 20)
}

/** Three significant digits of a number below 1,000, without the exponent that toPrecision gives to small ones. */
function threeDigits(value: number): string {
  return value > 0 && value < 1e-6 ? value.toFixed(decimals(value)) : value.toPrecision(3)
}

/** Queries a second: one decimal, more below 10. */
export function formatRate(value: number): string {
  return value >= 10 || value === 0 ? groupDigits(value.toFixed(1)) : threeDigits(value)
}

/** Cents: three digits, and all of a whole number. */
export function formatCents(value: number): string {
  // 999.5 has three digits as 1,000, which toPrecision writes with an exponent
  return value >= 999.5 ? formatCount(value) : threeDigits(value)
}

/** Dollars an hour in a sentence, as a budget is given: $2.463, $2.5. */
export function formatPrice(value: number): string {
  // a double below a millionth is written with an exponent
  return value > 0 && value < 1e-6 ? formatDollars(value) : groupDigits(withoutRounding(value))
}

/** Dollars an hour in a column: the four decimals that cloud prices have, and more where three digits need them. */
export function formatDollars(value: number): string {
  return groupDigits(value.toFixed(Math.max(4, decimals(value))).replace(/(?<=\.\d{4}\d*?)0+$/, ''))
}

/** The dollars of a plan: cents, and three digits below ten cents, so that plans of minutes can be compared. */
export function formatCost(value: number): string {
  return value === 0 || value >= 0.1
    ? groupDigits(value.toFixed(2))
    : value.toFixed(Math.max(2, decimals(value)))
}

/** 0.9945 -> 99.45% */
export function percent(share: number, digits: number): string {
  return `${(100 * share).toFixed(digits)}%`
}

/** A share that is closer to 0 or 1 than this has more than two decimals: with two it could read 0.00% or 100.00%. */
const NEAR = 5e-4

/** A share that is closer to 0 or 1 than this is 0 or 1: shares may be sums with rounding errors. */
const ROUNDING = 1e-9

/** 0.9945 -> 99.45%, 0.999995 -> 99.99950%: only what is all of them is 100.00%, and only what is none is 0.00% */
export function sharePercent(share: number): string {
  // rounded: 1 - 0.9999 is a little less than 0.0001
  const distance = Number(Math.min(share, 1 - share).toPrecision(6))
  return percent(share, distance > ROUNDING && distance < NEAR ? decimals(100 * distance) - 1 : 2)
}

/** A bar of up to `width` cells, in eighths. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(share, 0), 1) * width * 8)
  return '█'.repeat(eighths >> 3) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths & 7]
}

/** Three significant digits without zeros at the end, and all digits before the decimal point: 2.5, 12,096 */
export function formatFigure(value: number): string {
  return grouped(value.toFixed(decimals(value)))
}

/** A time that has passed, with all its units, and seconds if there are some: 02:10, 1 d 02:10, 02:10:30.5. */
export function formatMoment(seconds: number): string {
  const rounded = Math.round(1000 * seconds) / 1000
  const [days, hours, minutes] = [rounded / 86_400, (rounded / 3600) % 24, (rounded / 60) % 60].map(
    Math.floor,
  )
  const rest = Math.round(1000 * (rounded % 60)) / 1000
  const two = (value: number) => String(value).padStart(2, '0')
  const [whole, part] = String(rest).split('.')
  const end = rest > 0 ? `:${two(Number(whole))}${part ? `.${part}` : ''}` : ''
  return `${days > 0 ? `${days} d ` : ''}${two(hours)}:${two(minutes)}${end}`
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const

/** 1 d 3 h, 17 min 9 s, 1.5 s, 250 ms: the two largest units that it has. */
export function formatDuration(ms: number): string {
  if (ms < 1e-3) return '0 ms'
  // rounded first: what reads 1,000 ms is 1 s, and what reads 60 s is 1 min
  const rounded = Number(ms.toPrecision(3))
  if (rounded < 1000) return `${formatFigure(rounded)} ms`
  if (rounded < 60_000) return `${formatFigure(rounded / 1000)} s`
  const seconds = 1000 * Math.round(ms / 1000)
  const units = [...UNITS, ['s', 1000] as const]
  const largest = units.findIndex(([, length]) => seconds >= length)
  const [unit, length] = units[largest]
  const [smaller, smallerLength] = units[largest + 1]
  const rest = Math.floor((seconds % length) / smallerLength)
  return `${Math.floor(seconds / length)} ${unit}${rest > 0 ? ` ${rest} ${smaller}` : ''}`
}
