import { mean } from 'simple-statistics'

/** The gains of some rates over others in percent, where those are above 0: mean, least and most; '' without any. */
export function gainsOver(base: readonly number[], rates: readonly number[]): string[] {
  const gains = rates.map((rate, i) => percent(rate, base[i])).filter((_, i) => base[i] > 0)
  return gains.length === 0 ? ['', '', ''] : [mean(gains), Math.min(...gains), Math.max(...gains)].map(signed)
}

export function percent(value: number, base: number): number {
  return 100 * (value / base - 1)
}

export function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(1)}%`
}
