/**
 * Times runners of the same work side by side in one process: each is warmed up, then all are sampled in turn, so that
 * other work on the machine affects all of them. What a runner returns is kept from being optimised away.
 */
import { do_not_optimize, measure } from 'mitata'
import { quantileSorted } from 'simple-statistics'
import { inColumns } from '../src/report/columns.ts'

export interface Runner {
  readonly name: string
  /** What the kernel is compared with in the same run: the fallback, another package. */
  readonly reference?: true
  run(): unknown
}

export interface Timing {
  readonly name: string
  readonly reference?: true
  readonly minMs: number
  readonly medianMs: number
  /** Interquartile range of the samples, as a share of their median. */
  readonly spread: number
  readonly samples: number
}

/** A timing with the title of the table that it stands in. */
export type GroupedTiming = Timing & { readonly group: string }

export type Goal = { readonly atLeast: number } | { readonly atMost: number }

/** One reported number; `spread` is given where the number is the median of several samples. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly goal?: Goal
  readonly spread?: number
}

export interface SuiteResult {
  readonly suite: string
  readonly timings: readonly GroupedTiming[]
  readonly figures: readonly Figure[]
}

/** Runs in one sample of a short runner: a multiple of four, because the timing loop is unrolled four times. */
const BATCH = 64

const WARM_UP_MS = 100

/** How often each runner is sampled, in turn with the others. */
const ROUNDS = 3

export async function timeAll(runners: readonly Runner[], seconds = 0.5): Promise<Timing[]> {
  for (const { run } of runners) await warmUp(run)
  const samplesMs: number[][] = runners.map(() => [])
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, runner] of runners.entries()) {
      samplesMs[i].push(...(await sample(runner, seconds / ROUNDS)))
    }
  }
  return runners.map(({ name, reference }, i) => ({
    ...timingOf(name, samplesMs[i]),
    ...(reference && { reference }),
  }))
}

/** The warm-up of the timing loop is a few runs, too few for the optimising compilers. */
async function warmUp(run: Runner['run']): Promise<void> {
  for (const end = performance.now() + WARM_UP_MS; ; ) {
    do_not_optimize(await run())
    if (performance.now() >= end) break
  }
}

/** Durations of a run, ms. */
async function sample({ name, run }: Runner, seconds: number): Promise<number[]> {
  let runs = 0
  const once = () => {
    runs++
    const result = run()
    do_not_optimize(result)
    // a promise is returned, so that the timing loop awaits it
    return result
  }
  const { samples, ticks } = await measure(once, {
    min_cpu_time: seconds * 1e9,
    min_samples: 1,
    batch_samples: BATCH,
  })
  // a batch size that rounds to zero would time an empty loop
  if (runs < ticks) throw new Error(`${name} was timed ${ticks} times and run ${runs} times`)
  return samples.map((ns) => ns / 1e6)
}

/** The timing of samples, in ms. */
export function timingOf(name: string, samplesMs: readonly number[]): Timing {
  const { median, spread } = medianAndSpread(samplesMs)
  return { name, minMs: Math.min(...samplesMs), medianMs: median, spread, samples: samplesMs.length }
}

export function medianAndSpread(samples: readonly number[]): { median: number; spread: number } {
  const sorted = samples.toSorted((a, b) => a - b)
  const median = quantileSorted(sorted, 0.5)
  return { median, spread: (quantileSorted(sorted, 0.75) - quantileSorted(sorted, 0.25)) / Math.abs(median) }
}

/** Timings of one row, of those of runs over several. */
export function perRow(timings: readonly Timing[], rows: number): Timing[] {
  return timings.map(({ minMs, medianMs, ...rest }) => ({
    ...rest,
    minMs: minMs / rows,
    medianMs: medianMs / rows,
  }))
}

/** How many times faster one timing is than another. */
export function over(what: string, slow: Timing, fast: Timing, atLeast?: number): Figure {
  const value = slow.medianMs / fast.medianMs
  return { what, value, unit: 'x', ...(atLeast !== undefined && { goal: { atLeast } }) }
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

/** Lines in columns, indented; all but the first column are aligned to the right unless `left` names others. */
export function grid(lines: string[][], left?: readonly number[]): string {
  return inColumns(lines, left).replace(/^(?=.)/gm, '  ')
}
