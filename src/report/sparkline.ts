const LEVELS = '▁▂▃▄▅▆▇█'

/** One column a value, from an eighth of a line at 0 to a whole one at the largest. */
export function sparkline(values: readonly number[]): string {
  const largest = Math.max(...values, Number.MIN_VALUE)
  return values.map((value) => LEVELS[Math.round((value / largest) * (LEVELS.length - 1))]).join('')
}
