/** A summary of latencies, ms. Percentiles interpolate linearly, as numpy's do; std is the population's. */
export interface LatencySummary {
  readonly avg: number
  readonly min: number
  readonly max: number
  readonly p99: number
  readonly p90: number
  readonly p50: number
  readonly std: number
}

/** The violation budget: the share of queries that may miss the target. */
export function violationBudget(percentile: number): number {
  // 1 - 99 / 100 would be 0.010000000000000009
  return (100 - percentile) / 100
}

/** How many of `queries` may miss the target. */
export function allowedViolations(queries: number, percentile: number): number {
  // rounding must not turn a whole product into the number below it
  return Math.floor((queries * (100 - percentile)) / 100 + 1e-9)
}

/** The share of queries that were served within QoS. */
export function shareInsideQos(of: { readonly queries: number; readonly violations: number }): number {
  return (of.queries - of.violations) / of.queries
}

/** The fewest queries of which one may miss the target; 1 at the 100th percentile, where none may. */
export function fewestQueries(percentile: number): number {
  return percentile === 100 ? 1 : Math.ceil(100 / (100 - percentile) - 1e-9)
}

/** Summarises at least one number. */
export function summarise(values: Float64Array): LatencySummary {
  const sorted = values.slice().sort()
  const count = sorted.length
  let sum = 0
  for (const value of sorted) sum += value
  const avg = sum / count
  let squares = 0
  for (const value of sorted) squares += (value - avg) * (value - avg)
  return {
    avg,
    min: sorted[0],
    max: sorted[count - 1],
    p99: percentileOf(sorted, 99),
    p90: percentileOf(sorted, 90),
    p50: percentileOf(sorted, 50),
    std: Math.sqrt(squares / count),
  }
}

/** A percentile of sorted numbers, linear between neighbours. */
export function percentileOf(sorted: Float64Array, percentile: number): number {
  const at = (percentile / 100) * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}
