// How numbers look in text for people. Data formats print doubles as they are.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** 12096 -> "12,096" */
export function formatCount(value: number): string {
  return whole.format(value)
}

/** Queries a second: one decimal, more below 10. */
export function formatRate(value: number): string {
  return value >= 10 || value === 0 ? value.toFixed(1) : value.toPrecision(3)
}

/** Dollars an hour with the four decimals that cloud prices have. */
export function formatDollars(value: number): string {
  return value.toFixed(4)
}

/** A bar of up to `width` cells, in eighths. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(Math.max(share, 0), 1) * width * 8)
  return '█'.repeat(eighths >> 3) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths & 7]
}
