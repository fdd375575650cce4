import { formatCount } from '../numbers.ts'

/** The most points of a figure in a page: more would overlap, and make the page slow. */
const MOST_POINTS = 1500

/** At most `most` of the values at even distances, the first and the last included. */
export function sampled<Value>(values: readonly Value[], most = MOST_POINTS): readonly Value[] {
  if (values.length <= most) return values
  const step = (values.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, i) => values[Math.round(i * step)])
}

/** One of each of at most `most` stretches of values: that with the highest rate, from the start of its stretch on. */
export function highestOfStretches<Value extends { readonly startS: number; readonly rateQps: number }>(
  values: readonly Value[],
  most = MOST_POINTS,
): readonly Value[] {
  if (values.length <= most) return values
  const edge = (i: number) => Math.round((i * values.length) / most)
  return Array.from({ length: most }, (_, i) => {
    const stretch = values.slice(edge(i), edge(i + 1))
    const highest = stretch.reduce((a, b) => (b.rateQps > a.rateQps ? b : a))
    return { ...highest, startS: stretch[0].startS }
  })
}

/** What a caption says about a sample; an empty text where everything is shown. */
export function sampleNote(all: number, what: string, how = 'at even distances', most = MOST_POINTS): string {
  return all > most ? ` Shows ${formatCount(most)} of ${formatCount(all)} ${what}, ${how}.` : ''
}
