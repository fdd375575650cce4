import { type Counts, typeNames } from '../../model/fleet/space.ts'
import type { VerifiedSearch } from '../../model/results/search.ts'
import { lineWidth, styles, tableText } from '../columns.ts'
import { csvText } from '../csv.ts'
import { jsonText } from '../json.ts'
import { bar, formatCount, formatGiven, formatRate, percent } from '../numbers.ts'
import { countsText, lossText, questionText, serviceText } from '../phrases.ts'
import { textual } from '../table-columns.ts'
import { leftToProve, nothingMeasured, orderByBound, replaysText } from './search-remarks.ts'
import { byBoundTable, SHARES, searchTable } from './search-tables.ts'

const BAR = 16

/** The rows of a table beyond which refuted configurations are counted in place of shown. */
const MOST_ROWS = 40

/** @param room the characters of a line of the table: in less there are no bars */
export function searchText(search: VerifiedSearch, format: string, color: boolean, room = Infinity): string {
  if (format === 'json') return jsonText(search)
  return format === 'csv' ? csv(search) : text(search, color, room)
}

/** Every evaluation; those of the answer have a rank. Then what was not measured. */
function csv({ space, rows, evaluations, spare = 0, byBound = [] }: VerifiedSearch): string {
  const names = typeNames(space)
  const figures = ['outcome', 'measured_qps', 'half_width_qps', 'share_of_bound', 'below_qps', 'tied']
  const left = (bound?: number, lost?: Counts) =>
    spare > 0 ? [bound ?? null, ...(lost ?? names.map(() => null))] : []
  const bounds = [
    'bound_qps',
    ...(spare > 0 ? ['bound_left_qps', ...names.map((name) => `lost_${name}`)] : []),
  ]
  const header = ['rank', ...names, 'cost_per_hour', ...bounds, ...figures]
  const lines = evaluations.map((evaluation) => {
    const { counts, costPerHour, bound, outcome } = evaluation
    const rank = rows.find((row) => String(row.counts) === String(counts))?.rank ?? null
    const own = [rank, ...counts, costPerHour, bound, ...left(evaluation.boundLeft, evaluation.lost), outcome]
    if (outcome === 'refuted') return [...own, null, null, null, evaluation.below, null]
    const { mean, halfWidth, shareOfBound, tied } = evaluation
    return [...own, mean, halfWidth === Infinity ? null : halfWidth, shareOfBound, null, tied]
  })
  const unmeasured = byBound.map(({ counts, costPerHour, bound }) => {
    return [null, ...counts, costPerHour, bound, ...left(), 'not measured', null, null, null, null, null]
  })
  return csvText([header, ...lines, ...unmeasured])
}

function text(search: VerifiedSearch, color: boolean, room: number): string {
  const { bold, dim } = styles(color)
  const drawn = `${search.repeats} x ${formatCount(search.queries)} queries from seed ${search.seed}`
  const how = `measured by replay: ${search.policy}, ${search.arrivals} arrivals, ${serviceText(search.service)}, ${drawn}`
  const head = `${bold(questionText(search.workload, search.space))}\n${dim(how)}\n`
  if (search.infeasible) return `${head}\nNothing is feasible: ${search.infeasible.message}.\n`
  const evaluated = search.evaluations.length > 0 ? `${table(search, bold, room)}\n` : ''
  const end = search.rows.length > 0 ? answer(search, bold) : answerByBound(search, bold)
  return `${head}\n${evaluated}${end}\n${dim(proof(search))}\n`
}

function table(search: VerifiedSearch, bold: (text: string) => string, room: number): string {
  const { columns, rows: all, tied } = searchTable(search)
  // the refuted ones are the last
  const measured = all.filter(({ mean }) => mean > 0).length
  const rows = all.slice(0, Math.max(MOST_ROWS, measured))
  const hidden = all.length - rows.length
  const most = Math.max(...rows.map(({ mean }) => mean))
  const header = [...columns, textual(''), textual('')]
  const lines = [...rows, ...tied].map(({ cells, mean, remark }) => {
    return [...cells, mean > 0 ? bar(mean / most, BAR) : '', remark]
  })
  const left = hidden > 0 ? `${formatCount(hidden)} more refuted: --format csv lists all.\n` : ''
  const isWide = lineWidth([header.map(({ name }) => name), ...lines]) > room
  if (!isWide) return `${tableText(header, lines, bold)}${left}`
  const withoutBars = lines.map((cells) => cells.toSpliced(-2, 1))
  return `${tableText(header.toSpliced(-2, 1), withoutBars, bold)}${left}`
}

/** What is known of a search that ended before there was a row. */
function answerByBound(search: VerifiedSearch, bold: (text: string) => string): string {
  const nothing = bold(`${nothingMeasured(search)}.`)
  const { columns, rows } = byBoundTable(search)
  if (rows.length === 0) return nothing
  const lines = rows.map((cells) => [...cells, 'not measured'])
  return `${tableText([...columns, textual('')], lines, bold)}\n${nothing} ${orderByBound(search)}.`
}

function answer(search: VerifiedSearch, bold: (text: string) => string): string {
  const { rows, targetQps, spare = 0, proof } = search
  const { proven, endedEarly, nextBound, gap, resolution } = proof
  const what = rows.length === 1 ? 'The first row is' : `The first ${rows.length} rows are`
  if (targetQps !== undefined) {
    const close = rows.some(({ mean, halfWidth }) => mean - halfWidth < targetQps)
    const intervals = rows.length === 1 ? 'Its interval includes' : 'Their intervals include'
    const within = close ? ` ${intervals} lower rates.` : ''
    const left = spare > 0 ? ' Rates and shares are those of what is left.' : ''
    const end = proven ? '' : ' so far: the search ended early'
    return bold(
      `${what} the cheapest to sustain ${formatGiven(targetQps)} q/s${lossText(spare)}${end}.${left}${within}`,
    )
  }
  const unproven = leftToProve(search)
  if (unproven) return bold(`${what} the best so far: the search ended early. ${unproven}`)
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
  const { measured, refuted, prunedByBound, nextBound } = search.proof
  const parts = [`${formatCount(measured)} measured`, `${formatCount(refuted)} refuted by short replays`]
  if (nextBound !== null) {
    const many = prunedByBound === undefined ? 'all others' : formatCount(prunedByBound)
    parts.push(`${many} with a bound of at most ${formatRate(nextBound)} q/s`)
  }
  const { resolution } = search.proof
  const tied =
    resolution === undefined
      ? ''
      : `\nBounds that differ by less than ${percent(resolution, 1)}, the resolution of a replay, are taken as one.`
  const shares = search.evaluations.some(({ outcome }) => outcome === 'measured') ? `\n${SHARES}` : ''
  return `${countsText(search)}: ${parts.join(', ')}; ${replaysText(search.proof)}.${shares}${tied}`
}
