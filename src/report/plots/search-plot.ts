import { typeNames } from '../../model/fleet/space.ts'
import type { VerifiedSearch } from '../../model/results/search.ts'
import { formatGiven, formatRate } from '../numbers.ts'
import { configurationText, lossText } from '../phrases.ts'
import { BLUE, FAINT, VERMILION } from './palette.ts'
import { closeRates, intervalAround, markAt, type PlotSpec } from './plot.ts'

/** The most evaluations that have names on the axis, and the most measured ones with large marks. */
const NAMED = 40

const KINDS = [
  { what: 'fluid bound', color: BLUE, shape: 'circle' },
  { what: 'measured', color: VERMILION, shape: 'diamond' },
  { what: 'refuted at', color: FAINT, shape: 'triangle-down' },
]
const WHAT = { field: 'what', type: 'nominal', title: null } as const

/** Evaluations in their order: the bounds fall until none exceeds the best measured rate. */
export function searchPlot(search: VerifiedSearch): PlotSpec {
  const { model } = search.workload
  const { evaluations, rows, proof, targetQps, spare } = search
  const names = typeNames(search.space)
  const all = evaluations.flatMap((evaluation, i) => {
    const shown = { evaluation: i + 1 }
    const bound = { ...shown, what: 'fluid bound', qps: evaluation.bound }
    if (evaluation.outcome === 'refuted')
      return [bound, { ...shown, what: 'refuted at', qps: evaluation.below }]
    return [bound, { ...shown, what: 'measured', qps: evaluation.mean }]
  })
  // measured evaluations are few as a rule: no other point is drawn over theirs
  const points = all.toSorted((a, b) => Number(a.what === 'measured') - Number(b.what === 'measured'))
  // the legend names what is drawn
  const kinds = KINDS.filter(({ what }) => points.some((point) => point.what === what))
  const domain = kinds.map(({ what }) => what)
  const intervals = evaluations.flatMap((evaluation, i) => {
    if (evaluation.outcome === 'refuted' || evaluation.halfWidth === Infinity) return []
    const { mean, halfWidth } = evaluation
    return [{ evaluation: i + 1, ...intervalAround(mean, halfWidth) }]
  })
  const [first] = rows
  const found = `${configurationText(names, first.counts)} sustains ${formatRate(first.mean)} queries a second${lossText(spare)}`
  const next = proof.nextBound === null ? '' : `, no remaining bound exceeds ${formatRate(proof.nextBound)}`
  const many = evaluations.length > NAMED
  const manyMeasured = intervals.length > NAMED
  const x = { field: 'evaluation', ...(many ? COUNTED : namesOf(names, evaluations)) } as const
  const level = targetQps ?? first.mean
  return {
    title: {
      text: `${model}: ${targetQps === undefined ? 'the best configuration' : `the cheapest for ${formatGiven(targetQps)} q/s`}${proof.proven ? ', proven' : ' so far'}`,
      subtitle: [
        `${found}${next}`,
        'from left to right: configurations in the order of their evaluation',
        `dashed line: ${targetQps === undefined ? 'the best measured rate' : 'the target'}`,
      ],
    },
    width: 640,
    height: 300,
    layer: [
      markAt('y', 'queries a second', level),
      // an empty layer would have no extent: a single repetition has no interval
      ...(intervals.length > 0
        ? ([
            {
              data: { values: intervals },
              mark: { type: 'rule', color: VERMILION, strokeWidth: manyMeasured ? 0.5 : 2 },
              encoding: { x, y: closeRates('low'), y2: { field: 'high' } },
            },
          ] as const)
        : []),
      {
        data: { values: points },
        mark: { type: 'point', filled: true },
        encoding: {
          x,
          y: closeRates('qps'),
          color: { ...WHAT, scale: { domain, range: kinds.map(({ color }) => color) } },
          size: {
            condition: { test: "datum.what === 'measured'", value: manyMeasured ? 12 : 60 },
            value: many ? 12 : 60,
          },
          shape: { ...WHAT, scale: { domain, range: kinds.map(({ shape }) => shape) } },
        },
      },
    ],
  }
}

/** The axis of too many evaluations for names. */
const COUNTED = {
  type: 'quantitative',
  scale: { nice: false },
  axis: { title: 'evaluations', grid: false },
} as const

/** The most characters of a name: those of five types are shown whole. */
const LONGEST_NAME = 100

/** Evaluations by their number: names that are cut would all begin alike. */
const NUMBERED = { type: 'ordinal', axis: { title: 'evaluations', labelAngle: 0 } } as const

/** The configuration of each evaluation below its points, or its number. */
function namesOf(types: readonly string[], evaluations: VerifiedSearch['evaluations']) {
  const names = evaluations.map(({ counts }) => configurationText(types, counts))
  if (names.some(({ length }) => length > LONGEST_NAME)) return NUMBERED
  const labelExpr = `${JSON.stringify(names)}[datum.value - 1]`
  // a title of the axis would be drawn through long names: the subtitle says what they are
  const axis = { title: null, labelExpr, labelAngle: -60, labelLimit: 0 }
  return { type: 'ordinal', axis } as const
}
