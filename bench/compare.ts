/**
 * Compares a run with an earlier one.
 *
 * The noise of a timing is the larger of FLOOR and the spread (interquartile range over median) of either run.
 * A timing is a regression if both its median and its fastest sample are slower by more than the noise: other
 * work on the machine moves the median, but seldom the fastest of many samples; slower code moves both.
 * References (the fallback, other packages) are not compared. A figure is compared if it has a goal, which says
 * whether more or less is better, and a spread; its noise is defined in the same way.
 */
import { type Figure, formatMs, type GroupedTiming, grid } from './measure.ts'
import type { Run } from './run-file.ts'

/** The least difference that is named, as a share: runs of the same code differ by a few per cent. */
export const FLOOR = 0.05

export interface Comparison {
  /** The report: each regression, each improvement, and how many were compared. */
  readonly text: string
  readonly regressions: number
}

/** Why the two runs cannot be compared; undefined if they can. */
export function unlike(run: Run, earlier: Run): string | undefined {
  for (const key of ['machine', 'platform', 'node'] as const) {
    if (run[key] !== earlier[key]) return `${key} is ${run[key]}, in the earlier run ${earlier[key]}`
  }
  const missing = run.results.find(({ suite }) => earlier.results.every((other) => other.suite !== suite))
  return missing && `suite ${missing.suite} is not in the earlier run`
}

interface Change {
  readonly what: string
  readonly before: string
  readonly now: string
  /** Positive where it became worse, as a share of the earlier value. */
  readonly worse: number
  readonly noise: number
  readonly beyond: boolean
}

export function compareRuns(run: Run, earlier: Run): Comparison {
  const changes: Change[] = []
  const alone: string[] = []
  for (const { suite, timings, figures } of run.results) {
    const before = earlier.results.find((other) => other.suite === suite)
    if (!before) throw new Error(`suite ${suite} is not in the earlier run`)
    for (const timing of timings.filter(({ reference }) => !reference)) {
      const same = before.timings.find(({ group, name }) => group === timing.group && name === timing.name)
      const what = `${suite}: ${timing.group}: ${timing.name}`
      if (same) changes.push(changeOfTiming(what, timing, same))
      else alone.push(what)
    }
    for (const figure of figures) {
      if (!figure.goal || figure.spread === undefined) continue
      const same = before.figures.find(({ what }) => what === figure.what)
      const what = `${suite}: ${figure.what}`
      if (same) changes.push(changeOfFigure(what, figure, same))
      else alone.push(what)
    }
  }
  const beyond = changes.filter((change) => change.beyond).sort((a, b) => b.worse - a.worse)
  const regressions = beyond.filter(({ worse }) => worse > 0).length
  const lines = beyond.map(({ what, before, now, worse, noise }) => [
    what,
    before,
    now,
    `${worse > 0 ? '+' : '-'}${(100 * Math.abs(worse)).toFixed(1)}%`,
    `${(100 * noise).toFixed(1)}%`,
    worse > 0 ? 'REGRESSION' : 'better',
  ])
  const header = ['', 'before', 'now', 'change', 'noise', '']
  const text = [
    `Against the run of ${earlier.date}`,
    ...(lines.length > 0 ? [grid([header, ...lines]).trimEnd()] : []),
    `${changes.length} compared, ${regressions} regressions, ${lines.length - regressions} improvements`,
    ...alone.map((what) => `not in the earlier run: ${what}`),
  ].join('\n')
  return { text, regressions }
}

function changeOfTiming(what: string, now: GroupedTiming, before: GroupedTiming): Change {
  const noise = Math.max(FLOOR, now.spread, before.spread)
  const slower = now.medianMs / before.medianMs - 1
  const slowerAtBest = now.minMs / before.minMs - 1
  return {
    what,
    before: formatMs(before.medianMs),
    now: formatMs(now.medianMs),
    worse: slower,
    noise,
    beyond: Math.min(slower, slowerAtBest) > noise || Math.max(slower, slowerAtBest) < -noise,
  }
}

function changeOfFigure(what: string, now: Figure, before: Figure): Change {
  const noise = Math.max(FLOOR, now.spread ?? 0, before.spread ?? 0)
  const difference = (now.value - before.value) / Math.abs(before.value)
  const worse = now.goal && 'atLeast' in now.goal ? -difference : difference
  return {
    what,
    before: `${before.value.toPrecision(3)} ${before.unit}`,
    now: `${now.value.toPrecision(3)} ${now.unit}`,
    worse,
    noise,
    beyond: Math.abs(worse) > noise,
  }
}
