/** Consecutive configurations of a lattice, `to` excluded. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Cuts a range into pieces of nearly equal length. */
export function* cut({ from, to }: Range, pieces: number): Generator<Range> {
  const edge = (i: number) => from + Math.floor(((to - from) / pieces) * i)
  for (let i = 0; i < pieces; i++) yield { from: edge(i), to: i === pieces - 1 ? to : edge(i + 1) }
}
