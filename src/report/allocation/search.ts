import type { Candidate, VerifiedSearch } from '../../model/results/search.ts'
import { inColumns, styles } from '../columns.ts'
import { csvText } from '../csv.ts'
import { jsonText } from '../json.ts'
import { bar, formatCount, formatDollars, formatRate, percent } from '../numbers.ts'
import { countsText, lossText, questionText, serviceText } from '../phrases.ts'
import { nothingMeasured, orderByBound, remarkOn } from './search-remarks.ts'

const BAR = 16

type Evaluation = VerifiedSearch['evaluations'][number]

export function searchText(search: VerifiedSearch, format: string, color: boolean): string {
  if (format === 'json') return jsonText(search)
  return format === 'csv' ? csv(search) : text(search, color)
}

/** Every evaluation; those of the answer have a rank. Then what was not measured. */
function csv({ space, rows, evaluations, spare = 0, byBound = [] }: VerifiedSearch): string {
  const names = space.types.map(({ name }) => name)
  const figures = ['outcome', 'measured_qps', 'half_width_qps', 'below_qps', 'tied']
  const left = (bound?: number) => (spare > 0 ? [bound ?? null] : [])
  const bounds = ['bound_qps', ...(spare > 0 ? ['bound_left_qps'] : [])]
  const header = ['rank', ...names, 'cost_per_hour', ...bounds, ...figures]
  const lines = evaluations.map((evaluation) => {
    const { counts, costPerHour, bound, outcome } = evaluation
    const rank = rows.find((row) => String(row.counts) === String(counts))?.rank ?? null
    const own = [rank, ...counts, costPerHour, bound, ...left(evaluation.boundLeft), outcome]
    if (outcome === 'refuted') return [...own, null, null, evaluation.below, null]
    const { mean, halfWidth, tied } = evaluation
    return [...own, mean, halfWidth === Infinity ? null : halfWidth, null, tied]
  })
  const unmeasured = byBound.map(({ counts, costPerHour, bound }) => {
    return [null, ...counts, costPerHour, bound, ...left(), 'not measured', null, null, null, null]
  })
  return csvText([header, ...lines, ...unmeasured])
}

function text(search: VerifiedSearch, color: boolean): string {
  const { bold, dim } = styles(color)
  const drawn = `${search.repeats} x ${formatCount(search.queries)} queries from seed ${search.seed}`
  const how = `measured by replay: ${search.policy}, ${search.arrivals} arrivals, ${serviceText(search.service)}, ${drawn}`
  const head = `${bold(questionText(search.workload, search.space))}\n${dim(how)}\n`
  if (search.infeasible) return `${head}\nNothing is feasible: ${search.infeasible.message}.\n`
  const evaluated = search.evaluations.length > 0 ? `${table(search, bold)}\n` : ''
  const end = search.rows.length > 0 ? answer(search, bold) : answerByBound(search, bold)
  return `${head}\n${evaluated}${end}\n${dim(proof(search))}\n`
}

/** The answer, then the other measured configurations, best first, then the refuted ones. */
function table(search: VerifiedSearch, bold: (text: string) => string): string {
  const { space, rows, evaluations } = search
  const most = Math.max(...evaluations.map((row) => (row.outcome === 'measured' ? row.mean : 0)))
  const chosen = new Set(rows.map(({ counts }) => String(counts)))
  const others = evaluations
    .filter(({ counts }) => !chosen.has(String(counts)))
    .toSorted((a, b) => meanOf(b) - meanOf(a) || b.bound - a.bound)
  const names = space.types.map(({ name }) => name)
  const { spare = 0 } = search
  // shares are of the bound of what was replayed
  const bounds = spare > 0 ? ['bound q/s', 'bound left q/s'] : ['bound q/s']
  const share = spare > 0 ? 'of the bound left' : 'of the bound'
  const left = (bound?: number) => (spare > 0 ? [bound === undefined ? '' : formatRate(bound)] : [])
  const header = ['#', ...names, '$/hour', ...bounds, 'measured q/s', '±', share, '', '']
  const lineOf = (row: Evaluation, rank: string) => {
    const whole = [rank, ...row.counts.map(countText), formatDollars(row.costPerHour), formatRate(row.bound)]
    const own = [...whole, ...left(row.boundLeft)]
    const word = remarkOn(row, names)
    if (row.outcome === 'refuted') return [...own, `< ${formatRate(row.below)}`, '', '', '', word]
    const width = row.halfWidth === Infinity ? '' : formatRate(row.halfWidth)
    const figures = [formatRate(row.mean), width, percent(row.shareOfBound, 1)]
    return [...own, ...figures, bar(row.mean / most, BAR), word]
  }
  const tieOf = ({ counts, costPerHour, bound }: Candidate) => {
    const own = ['', ...counts.map(countText), formatDollars(costPerHour), formatRate(bound)]
    return [...own, ...left(), '', '', '', '', 'not measured: its bound ties']
  }
  const lines = [
    ...rows.map((row) => lineOf(row, String(row.rank))),
    ...others.map((row) => lineOf(row, '')),
    ...(search.proof.ties ?? []).map(tieOf),
  ]
  return inColumns([header.map(bold), ...lines], [header.length - 2, header.length - 1])
}

function countText(count: number): string {
  return count === 0 ? '·' : String(count)
}

/** What is known of a search that ended before there was a row. */
function answerByBound(search: VerifiedSearch, bold: (text: string) => string): string {
  const { space, byBound = [] } = search
  const nothing = bold(`${nothingMeasured(search)}.`)
  if (byBound.length === 0) return nothing
  const header = ['#', ...space.types.map(({ name }) => name), '$/hour', 'bound q/s', '']
  const lines = byBound.map(({ counts, costPerHour, bound }, i) => {
    const own = [String(i + 1), ...counts.map(countText), formatDollars(costPerHour), formatRate(bound)]
    return [...own, 'not measured']
  })
  const rows = inColumns([header.map(bold), ...lines], [header.length - 1])
  return `${rows}\n${nothing} ${orderByBound(search)}.`
}

function meanOf(evaluation: Evaluation): number {
  return evaluation.outcome === 'measured' ? evaluation.mean : 0
}

function answer(
  { rows, targetQps, spare = 0, proof }: VerifiedSearch,
  bold: (text: string) => string,
): string {
  const { proven, endedEarly, nextBound, gap, resolution } = proof
  const what = rows.length === 1 ? 'The first row is' : `The first ${rows.length} rows are`
  if (targetQps !== undefined) {
    const close = rows.some(({ mean, halfWidth }) => mean - halfWidth < targetQps)
    const within = close ? ' Their intervals include lower rates.' : ''
    const left = spare > 0 ? ' Rates and shares are those of what is left.' : ''
    const end = proven ? '' : ' so far: the search ended early'
    return bold(
      `${what} the cheapest to sustain ${formatRate(targetQps)} q/s${lossText(spare)}${end}.${left}${within}`,
    )
  }
  if (!proven) {
    const digits = resolution === undefined ? 1 : 2
    const left = gap
      ? `the largest remaining bound is ${percent(gap, digits)} higher`
      : 'no remaining bound is higher'
    if (endedEarly) return bold(`${what} the best so far: the search ended early, and ${left}.`)
    return bold(`${what} the best of all candidates: ${left}.`)
  }
  const why = nextBound === null ? 'everything else was evaluated' : 'no remaining bound is higher'
  return bold(`${what} the best under this replay: ${why}.`)
}

function proof(search: VerifiedSearch): string {
  const { measured, refuted, prunedByBound, nextBound, replays } = search.proof
  const parts = [`${measured} measured`, `${refuted} refuted by short replays`]
  if (nextBound !== null) {
    const many = prunedByBound === undefined ? 'all others' : formatCount(prunedByBound)
    parts.push(`${many} with a bound of at most ${formatRate(nextBound)} q/s`)
  }
  const { resolution } = search.proof
  const tied =
    resolution === undefined
      ? ''
      : `\nBounds that differ by less than ${percent(resolution, 1)}, the resolution of a replay, are taken as one.`
  return `${countsText(search)}: ${parts.join(', ')}; ${formatCount(replays)} replays.${tied}`
}
