import { formatCount } from '../numbers.ts'

/** The most points of a figure in a page: more would overlap, and make the page slow. */
const MOST_POINTS = 1500

/** At most MOST_POINTS of the values at even distances, the first and the last included. */
export function sampled<Value>(values: readonly Value[]): readonly Value[] {
  if (values.length <= MOST_POINTS) return values
  const step = (values.length - 1) / (MOST_POINTS - 1)
  return Array.from({ length: MOST_POINTS }, (_, i) => values[Math.round(i * step)])
}

/** One value of each of MOST_POINTS stretches: that with the highest rate, moved to the start of its stretch. */
export function highestOfStretches<Value extends { readonly startS: number; readonly rateQps: number }>(
  values: readonly Value[],
): readonly Value[] {
  if (values.length <= MOST_POINTS) return values
  const edge = (i: number) => Math.round((i * values.length) / MOST_POINTS)
  return Array.from({ length: MOST_POINTS }, (_, i) => {
    const stretch = values.slice(edge(i), edge(i + 1))
    const highest = stretch.reduce((a, b) => (b.rateQps > a.rateQps ? b : a))
    return { ...highest, startS: stretch[0].startS }
  })
}

/** What a caption says about a sample; an empty text where everything is shown. */
export function sampleNote(all: number, what: string, how = 'at even distances'): string {
  return all > MOST_POINTS ? ` Shows ${formatCount(MOST_POINTS)} of ${formatCount(all)} ${what}, ${how}.` : ''
}
