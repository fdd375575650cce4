import type { DispatcherSetup } from '../dispatch-contract.ts'

/** How long types really take, learned from what they have served. */
export interface Pace {
  /** T factors: how many times as long as its means a type takes, and as long as its quantiles say. */
  readonly speed: Float64Array
  readonly pace: Float64Array
  /** A query has taken so long. */
  learn(type: number, tookMs: number, meanMs: number, typicalMs: number): void
}

/** What is left of a sum after each query: about the last five hundred count. */
const KEEP = 0.998046875

/** Queries of the largest bin that the table is believed for, to begin with. */
const TRUST = 2

/**
 * Ratios of sums with exponential forgetting: a long query counts for more than what asking and answering
 * takes. Speed and pace differ where only the means of a table are wrong.
 */
export function createPace({ types, bins, meanMs }: DispatcherSetup): Pace {
  const speed = new Float64Array(types).fill(1)
  const pace = speed.slice()
  const tooks = Float64Array.from({ length: types }, (_, t) => TRUST * meanMs[(t + 1) * bins - 1])
  const means = tooks.slice()
  const typicals = tooks.slice()
  return {
    speed,
    pace,
    learn(type, tookMs, meanMs, typicalMs) {
      tooks[type] = KEEP * tooks[type] + tookMs
      means[type] = KEEP * means[type] + meanMs
      typicals[type] = KEEP * typicals[type] + typicalMs
      speed[type] = tooks[type] / means[type]
      pace[type] = tooks[type] / typicals[type]
    },
  }
}
