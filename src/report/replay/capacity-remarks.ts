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

/**
 * The policy whose share of the bound has the widest interval, if that counts as wide; at most one. The interval of a
 * share differs from that of the rate: a repetition that draws short queries has a higher rate and a higher bound.
 */
export function wideShareRemarks({ results }: Capacity): string[] {
  return results
    .filter(({ shareHalfWidth }) => isWide(shareHalfWidth))
    .toSorted((a, b) => b.shareHalfWidth - a.shareHalfWidth)
    .slice(0, 1)
    .map(({ policy, shareHalfWidth }) => {
      return `${policy}: the interval of its share of the bound is wide, ± ${percent(shareHalfWidth, 1)}`
    })
}
