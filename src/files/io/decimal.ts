const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/

/**
 * The number that a decimal text stands for, times 10^`shift`, rounded once: "0.134" shifted by 3 is 134,
 * where 0.134 * 1000 is not.
 *
 * @returns NaN for everything else, '', hexadecimal and 'Infinity' among it
 */
export function parseDecimal(text: string, shift = 0): number {
  if (!DECIMAL.test(text)) return Number.NaN
  if (shift === 0) return finite(Number(text))
  return finite(/[eE]/.test(text) ? Number(text) * 10 ** shift : Number(`${text}e${shift}`))
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}
