/** What is said below the table of a capacity, in a terminal and on a page. */
import type { Capacity } from '../../model/results/capacity.ts'
import { isWide } from '../../model/results/wide-interval.ts'
import { percent } from '../numbers.ts'

/** The policies that reach the bound, within the interval of their share. */
export function atBoundRemarks({ results }: Capacity): string[] {
  return results
    .filter(({ atBound }) => atBound)
    .map(({ policy, shareHalfWidth }) => {
      const interval =
        shareHalfWidth < Infinity ? `, within the interval of its share, ± ${percent(shareHalfWidth, 1)}` : ''
      return `${policy}: at the bound${interval}`
    })
}

/** The half width of the widest interval of a share that counts as wide; 0 without one. */
export function widestShare({ results }: Capacity): number {
  return Math.max(0, ...results.map(({ shareHalfWidth: half }) => (isWide(half) ? half : 0)))
}
