import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { checkWhole } from './checks.ts'
import { scramble } from './scramble.ts'

/** The largest seed. The generator takes 32 bits; a larger seed would have the stream of another one. */
const MAX_SEED = 2 ** 32 - 1

/** The streams of a seed: what is drawn from one does not depend on what is drawn from the others. */
export const GAPS_STREAM = 0
export const SIZES_STREAM = 1
export const SERVICE_STREAM = 2

/**
 * @param seeds how many seeds are used: `seed`, `seed + 1`, ...
 * @throws KairosError BAD_USAGE unless all of them are whole numbers from 0 to 2^32 - 1
 */
export function checkSeed(seed: number, seeds = 1): void {
  checkWhole('seed', seed, 0, MAX_SEED - (seeds - 1))
}

/**
 * A stream of uniform doubles in [0, 1), multiples of 2^-53, by xoroshiro128+ (Blackman and Vigna, 2018).
 * Streams of one seed lie 2^64 steps apart, so that draws from one do not change another.
 *
 * @throws KairosError BAD_USAGE for a seed that is not a whole number from 0 to 2^32 - 1
 */
export function randomStream(seed: number, stream: number): () => number {
  return randomStreams(seed, stream, 1)[0]
}

/** `count` streams from the one with the number `first` on. Takes a microsecond for each stream before them. */
export function randomStreams(seed: number, first: number, count: number): (() => number)[] {
  checkSeed(seed)
  // neighbouring seeds would start with similar numbers
  const generator = xoroshiro128plus(scramble(seed))
  for (let i = 0; i < first; i++) generator.jump()
  return Array.from({ length: count }, () => {
    const own = generator.clone()
    generator.jump()
    return () => uniformFloat64(own)
  })
}
