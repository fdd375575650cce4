/**
 * Times runners of the same work side by side: each is warmed up, then all are sampled in turn, in many short rounds.
 * Other work on the machine comes and goes, so that some samples of each runner are free of it. What a runner returns
 * is kept from being optimised away.
 */
import { quantileSorted } from 'simple-statistics'
import { inColumns } from '../src/report/columns.ts'

export interface Runner {
  readonly name: string
  /** What the kernel is compared with in the same run: the fallback, another package. */
  readonly reference?: true
  run(): unknown
}

/** A runner that takes its samples itself, such as one in a process of its own. */
export interface Sampler extends Omit<Runner, 'run'> {
  /** Runs for a while, and returns the durations of a run, ms: one at least. */
  sample(seconds: number): Promise<readonly number[]>
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

/** Runs up to this long, ms, are short: a sample is the mean of a batch of them, so that the clock costs little. */
export const SHORT_MS = 0.065
export const BATCH = 64

const WARM_UP_SECONDS = 0.1

/** How long a runner is sampled in a round, unless a run takes longer. */
const TURN_SECONDS = 0.003

/** The least number of rounds. */
export const ROUNDS = 5

/** The last result, so that no run is optimised away. */
const kept: { result?: unknown } = {}

/** @param seconds how long each runner is sampled in all: longer if ROUNDS turns take longer */
export async function timeAll(runners: readonly (Runner | Sampler)[], seconds = 0.5): Promise<Timing[]> {
  const samplers: Sampler[] = []
  for (const runner of runners) samplers.push(samplerOf(runner))
  for (const sampler of samplers) await sampler.sample(WARM_UP_SECONDS)
  const samplesMs: number[][] = runners.map(() => [])
  const spentMs = runners.map(() => 0)
  for (let round = 0; round < ROUNDS || spentMs.some((ms) => ms < 1000 * seconds); round++) {
    for (const [i, sampler] of samplers.entries()) {
      if (round >= ROUNDS && spentMs[i] >= 1000 * seconds) continue
      const startedMs = performance.now()
      samplesMs[i].push(...(await sampler.sample(TURN_SECONDS)))
      spentMs[i] += performance.now() - startedMs
    }
  }
  return runners.map(({ name, reference }, i) => ({
    ...timingOf(name, samplesMs[i]),
    ...(reference && { reference }),
  }))
}

function samplerOf(runner: Runner | Sampler): Sampler {
  if ('sample' in runner) return runner
  const { run, ...rest } = runner
  // until a run has been short
  let runs = 1
  const sample = async (seconds: number) => {
    const samplesMs: number[] = []
    const endMs = performance.now() + 1000 * seconds
    do {
      const startedMs = performance.now()
      for (let i = 0; i < runs; i++) {
        const result = run()
        // to await what is no promise would take longer than a short run
        kept.result = result instanceof Promise ? await result : result
      }
      const ms = performance.now() - startedMs
      samplesMs.push(ms / runs)
      if (ms <= SHORT_MS) runs = BATCH
    } while (performance.now() < endMs)
    return samplesMs
  }
  return { ...rest, sample }
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

/**
 * How many times faster one timing is than another, by the fastest samples of both, which other work on the machine
 * seldom affects. It interrupts long runs more often: ratios of medians favour the faster runner.
 */
export function ratioOf(slow: Timing, fast: Timing): number {
  return slow.minMs / fast.minMs
}

/** The figure of how many times faster one timing is than another. */
export function over(what: string, slow: Timing, fast: Timing, atLeast?: number): Figure {
  const value = ratioOf(slow, fast)
  return { what, value, unit: 'x', ...(atLeast !== undefined && { goal: { atLeast } }) }
}

/** Timings side by side, with how many times faster each is than the last one. */
export function sideBySide(title: string, timings: readonly Timing[]): string {
  const last = timings[timings.length - 1]
  const lines = timings.map((timing) => [
    timing.name,
    formatMs(timing.medianMs),
    formatMs(timing.minMs),
    `${ratioOf(last, timing).toFixed(2)}x`,
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
