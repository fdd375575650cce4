/** How long queries wait in each quarter of the time in which they arrive. */
export interface Quarters {
  readonly endMs: readonly number[]
  /** By quarter: the sum over queries, as far as time has passed. */
  readonly waitedMs: Float64Array
  /** The quarter at `sinceMs`; 4 after the last arrival. */
  quarter: number
  sinceMs: number
}

export function quartersOf(arrivalMs: Float64Array): Quarters {
  const [firstMs, lastMs] = [arrivalMs[0] ?? 0, arrivalMs.at(-1) ?? 0]
  const endMs = [1, 2, 3].map((n) => firstMs + n * ((lastMs - firstMs) / 4))
  return { endMs: [...endMs, lastMs], waitedMs: new Float64Array(4), quarter: 0, sinceMs: firstMs }
}

/** Adds what `pending` queries wait until `nowMs`. */
export function passTime(quarters: Quarters, nowMs: number, pending: number): void {
  const { endMs, waitedMs } = quarters
  for (; quarters.quarter < 4; quarters.quarter++) {
    const untilMs = Math.min(nowMs, endMs[quarters.quarter])
    waitedMs[quarters.quarter] += pending * (untilMs - quarters.sinceMs)
    quarters.sinceMs = untilMs
    if (nowMs < endMs[quarters.quarter]) return
  }
}
