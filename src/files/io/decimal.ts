const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/

/**
 * Parses a decimal number and multiplies it by 10^`shift`. A text without an exponent is rounded once: "0.134" shifted
 * by 3 is 134, but 0.134 * 1000 is not.
 *
 * @returns NaN for every other text, such as '', '0x10' and 'Infinity'
 */
export function parseDecimal(text: string, shift = 0): number {
  if (!DECIMAL.test(text)) return Number.NaN
  if (shift === 0) return finite(Number(text))
  return finite(/[eE]/.test(text) ? Number(text) * 10 ** shift : Number(`${text}e${shift}`))
}

/** Digits with commas, blanks or apostrophes between them, such as `1,5`, `1.234,5` and `1 000`. */
const SEPARATED = /^[-+]?\d[\d.]*(?:[,\s'’][\d.]+)+$/

/** A number with what it counts: `12 ms`, `20 req/s`, `50%`, `$1.5`, and durations of Go such as `1m2.5s`. */
export const WITH_UNIT = /^[-+]?(?:[$€£] ?[\d.]+|(?:\d+[hm])*[\d.]+ ?(?:%|[a-zµμ][a-zµμ/]*))$/i

/** What is expected in place of a cell that is no number, and how to write it as one. */
export function expectedNumber(expected: string, cell: string): string {
  if (SEPARATED.test(cell))
    return `${expected}, with a decimal point and no commas or spaces: replace those in numbers`
  return WITH_UNIT.test(cell) ? `${expected}, without a unit` : expected
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}
