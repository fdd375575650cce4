const LEVELS = '▁▂▃▄▅▆▇█'

/** One column per value, from an eighth of a line at 0 to a whole line at the largest value. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values, Number.MIN_VALUE)
  return values.map((value) => LEVELS[Math.round((value / largest) * (LEVELS.length - 1))]).join('')
}
