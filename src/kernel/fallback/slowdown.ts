import type { DispatcherSetup } from '../dispatch-contract.ts'

/** The slowdown of each type: how many times as long as the latency table says its instances take. */
export interface TypeSlowdowns {
  /** T slowdowns of the means, and T of the quantiles. */
  readonly typeSlowdown: Float64Array
  readonly quantileSlowdown: Float64Array
  /** Updates those of a type: a query of that mean, and that mean of quantiles, took `tookMs`. */
  learn(type: number, tookMs: number, meanMs: number, typicalMs: number): void
}

/** The share of a sum that is kept at each query: about the last 500 queries count. */
const KEEP = 0.998046875

/** Prior weight of the table, in queries of the largest bin. */
const TRUST = 2

/**
 * Ratios of sums with exponential forgetting: a long query counts for more than the constant overhead of a call. The
 * two differ where only the means of a table are wrong.
 */
export function createTypeSlowdowns({ types, bins, meanMs }: DispatcherSetup): TypeSlowdowns {
  const typeSlowdown = new Float64Array(types).fill(1)
  const quantileSlowdown = typeSlowdown.slice()
  const tooks = Float64Array.from({ length: types }, (_, t) => TRUST * meanMs[(t + 1) * bins - 1])
  const means = tooks.slice()
  const typicals = tooks.slice()
  return {
    typeSlowdown,
    quantileSlowdown,
    learn(type, tookMs, meanMs, typicalMs) {
      tooks[type] = KEEP * tooks[type] + tookMs
      means[type] = KEEP * means[type] + meanMs
      typicals[type] = KEEP * typicals[type] + typicalMs
      typeSlowdown[type] = tooks[type] / means[type]
      quantileSlowdown[type] = tooks[type] / typicals[type]
    },
  }
}
