import type { EarlyEnd } from '../early-end.ts'

/** Consecutive configurations of a lattice, `to` excluded. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Ranges until an early end; at least one. */
export function* until(end: EarlyEnd, ranges: Iterable<Range>): Generator<Range> {
  for (const range of ranges) {
    yield range
    if (end.isDue()) return
  }
}

/** Divides a range into pieces of nearly equal length. */
export function* divide({ from, to }: Range, pieces: number): Generator<Range> {
  const edge = (i: number) => from + Math.floor(((to - from) / pieces) * i)
  for (let i = 0; i < pieces; i++) yield { from: edge(i), to: i === pieces - 1 ? to : edge(i + 1) }
}
