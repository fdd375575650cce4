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

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}
