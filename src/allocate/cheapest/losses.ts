import type { Counts } from '../../model/fleet/space.ts'

/** The most instances that may be lost: all losses of as many are evaluated. */
export const MOST_SPARE = 8

/** The configurations that are left of one after the loss of any `spare` of its instances; none if it has fewer. */
export function afterLosses(counts: Counts, spare: number): number[][] {
  const left: number[][] = []
  const lose = (t: number, lost: number, rest: Counts) => {
    if (lost === 0) left.push([...rest])
    else if (t < counts.length) {
      for (let n = 0; n <= Math.min(lost, rest[t]); n++) lose(t + 1, lost - n, rest.with(t, rest[t] - n))
    }
  }
  lose(0, spare, counts)
  return left
}
