/**
 * Times runners of the same work side by side in one process: warmed up, in turn, the fastest and the
 * median of all samples. What a runner returns is kept from being optimised away.
 */
import { do_not_optimize, measure } from 'mitata'
import { getBorderCharacters, table } from 'table'

export interface Runner {
  readonly name: string
  run(): unknown
}

export interface Timing {
  readonly name: string
  readonly minMs: number
  readonly medianMs: number
  readonly samples: number
}

/** What a suite reports: figures by name, each with its unit and, where there is one, what it should reach. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly reach?: { readonly atLeast: number } | { readonly atMost: number }
}

export interface SuiteResult {
  readonly suite: string
  readonly timings: readonly (Timing & { readonly group: string })[]
  readonly figures: readonly Figure[]
}

/** Runs of a sample where one run is short: a whole multiple of the four that the timing loop unrolls. */
const BATCH = 64

const WARM_UP_MS = 100

export async function timeAll(runners: readonly Runner[], seconds = 0.5): Promise<Timing[]> {
  const timings: Timing[] = []
  for (const { name, run } of runners) {
    let runs = 0
    const once = () => {
      runs++
      const result = run()
      do_not_optimize(result)
      // a promise is returned, so that it is waited for
      return result
    }
    // until the compilers are done with it, which a few runs of the timing loop are too short for
    for (const end = performance.now() + WARM_UP_MS; ; ) {
      await once()
      if (performance.now() >= end) break
    }
    runs = 0
    const stats = await measure(once, {
      min_cpu_time: seconds * 1e9,
      min_samples: 3,
      batch_samples: BATCH,
    })
    // a batch that is cut down to nothing would time an empty loop
    if (runs < stats.ticks) throw new Error(`${name} was timed ${stats.ticks} times and run ${runs} times`)
    timings.push({ name, minMs: stats.min / 1e6, medianMs: stats.p50 / 1e6, samples: stats.samples.length })
  }
  return timings
}

/** Timings side by side, with how many times faster each is than the last one. */
export function sideBySide(title: string, timings: readonly Timing[]): string {
  const last = timings[timings.length - 1]
  const lines = timings.map(({ name, minMs, medianMs }) => [
    name,
    formatMs(medianMs),
    formatMs(minMs),
    `${(last.medianMs / medianMs).toFixed(2)}x`,
  ])
  return `${title}\n${grid([['', 'median', 'fastest', `against ${last.name}`], ...lines])}`
}

export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  if (ms >= 1) return `${ms.toFixed(2)} ms`
  return ms >= 0.001 ? `${(1000 * ms).toFixed(2)} µs` : `${(1e6 * ms).toFixed(1)} ns`
}

export function grid(lines: string[][]): string {
  return table(lines, {
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
    columnDefault: { alignment: 'right', paddingLeft: 2, paddingRight: 0 },
    columns: { 0: { alignment: 'left' } },
  })
}
