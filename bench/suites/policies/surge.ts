import { generateTrace, type Trace, type Workload } from '../../../src/index.ts'

const MINUTE_MS = 60_000

/** Three minutes of Poisson arrivals, with twice the rate in the second minute. */
export function surgeOf({ mix }: Workload, rate: number): Trace {
  const queries = Math.round(240 * rate)
  const trace = generateTrace({ arrivals: 'poisson', rate, queries, seed: 1, mix })
  // four minutes at one rate, of which the second and third are compressed into one minute
  const arrivalMs = trace.arrivalMs.map((at) => {
    if (at < MINUTE_MS) return at
    return at < 3 * MINUTE_MS ? MINUTE_MS + (at - MINUTE_MS) / 2 : at - MINUTE_MS
  })
  return { ...trace, arrivalMs }
}
