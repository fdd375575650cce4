import { BLUE, INK } from '../../src/report/plots/palette.ts'
import type { PlotSpec } from '../../src/report/plots/plot.ts'
import { DASHES } from '../../src/report/plots/policy-lines.ts'
import type { Comparison } from './comparison.ts'
import { BY_BOUND, type Searches } from './searches.ts'
import type { Reproduction } from './tables.ts'

const HOMOGENEOUS = 'best homogeneous'

/** Evaluations that are drawn. Beyond them only the slowest searches have not found the best. */
const DRAWN = 331

/** The pictures of a run, by the names of their files. */
export function picturesOf({
  queries,
  repeats,
  seeds,
  comparisons,
  searches,
}: Reproduction): Record<string, PlotSpec> {
  const poisson = comparisons.filter(({ arrivals }) => arrivals === 'poisson')
  const drawn = `${repeats} x ${queries.toLocaleString('en-US')} queries`
  return {
    'reproduce-policies.svg': policyPlot(
      poisson,
      `share of the fluid bound; Poisson arrivals, sampled service times, ${drawn}; lines: 95% intervals`,
    ),
    'reproduce-searches.svg': searchPlot(
      searches,
      `mean of ${searches.length} models and ${seeds} seeds, 331 configurations each`,
    ),
  }
}

/** Allowable throughput of each policy on the best configuration, as a share of its fluid bound, by model. */
function policyPlot(comparisons: readonly Comparison[], subtitle: string): PlotSpec {
  const names = [...Object.keys(comparisons[0].allowed), HOMOGENEOUS]
  const values = comparisons.flatMap(({ model, bound, allowed, homogeneous }) =>
    [...Object.entries(allowed), [HOMOGENEOUS, homogeneous] as const].map(
      ([policy, { mean, halfWidth }]) => ({
        ...{ model, policy, share: mean / bound },
        low: (mean - (Number.isFinite(halfWidth) ? halfWidth : 0)) / bound,
        high: (mean + (Number.isFinite(halfWidth) ? halfWidth : 0)) / bound,
      }),
    ),
  )
  const models = comparisons.map(({ model }) => model)
  const y = { field: 'policy', type: 'nominal', title: null, sort: names } as const
  const percent = { type: 'quantitative', title: null, axis: { format: '%', tickCount: 3 } } as const
  return {
    title: { text: 'Allowable throughput on the best verified configuration', subtitle },
    data: { values },
    // the name beside each row tells the bars apart without colours
    facet: { column: { field: 'model', type: 'nominal', title: null, sort: models } },
    spec: {
      width: 130,
      height: { step: 20 },
      layer: [
        {
          mark: { type: 'bar', fillOpacity: 0.3, stroke: BLUE, strokeWidth: 1 },
          encoding: { y, x: { ...percent, field: 'share' } },
        },
        {
          mark: { type: 'rule', color: INK, strokeWidth: 1.2 },
          encoding: { y, x: { ...percent, field: 'low' }, x2: { field: 'high' } },
        },
      ],
    },
  }
}

/** The share of the best that each search has found after each evaluation, the mean over models. */
function searchPlot(searches: readonly Searches[], subtitle: string): PlotSpec {
  const names = Object.keys(searches[0].found)
  const label = (name: string) => (name === BY_BOUND ? 'verified search' : name)
  const length = Math.min(DRAWN, ...searches.map(({ found }) => found[names[0]].length))
  const values = names.flatMap((name) =>
    Array.from({ length }, (_, i) => ({
      ...{ search: label(name), evaluations: i + 1 },
      share: searches.reduce((sum, { found }) => sum + found[name][i], 0) / searches.length,
    })),
  )
  const search = {
    field: 'search',
    type: 'nominal',
    title: null,
    sort: names.map(label),
    // long enough for the dashes
    legend: { symbolType: 'stroke', symbolSize: 600 },
  } as const
  return {
    title: { text: 'How much of the best is found, and how soon', subtitle },
    width: 720,
    height: 260,
    data: { values },
    mark: { type: 'line', strokeWidth: 2, interpolate: 'step-after' },
    encoding: {
      x: {
        field: 'evaluations',
        type: 'quantitative',
        title: 'configurations evaluated',
        scale: { type: 'log', nice: false },
        axis: { grid: false, values: [1, 2, 5, 10, 20, 50, 100, 200] },
      },
      y: {
        field: 'share',
        type: 'quantitative',
        title: 'share of the best',
        scale: { zero: false },
        axis: { format: '%' },
      },
      color: search,
      strokeDash: { ...search, scale: { range: DASHES } },
    },
  }
}
