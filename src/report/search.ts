import { writeToString } from 'fast-csv'
import { inColumns, percent, styles } from './columns.ts'
import { bar, formatCount, formatDollars, formatRate } from './numbers.ts'
import type { EvaluationResult, SearchResult } from './search-result.ts'

const BAR = 16

export function searchText(search: SearchResult, format: string, color: boolean): Promise<string> {
  if (format === 'json') return Promise.resolve(`${JSON.stringify(search, finite, 2)}\n`)
  return format === 'csv' ? csv(search) : Promise.resolve(text(search, color))
}

/** JSON has no Infinity: what is not known is null. */
function finite(_key: string, value: unknown): unknown {
  return value === Infinity ? null : value
}

/** Every evaluation, with the rank of those that are the answer. */
function csv({ space, rows, evaluations }: SearchResult): Promise<string> {
  const names = space.types.map(({ name }) => name)
  const figures = ['outcome', 'measured_qps', 'half_width_qps', 'below_qps']
  const header = ['rank', ...names, 'cost_per_hour', 'bound_qps', ...figures]
  const lines = evaluations.map((evaluation) => {
    const { counts, costPerHour, bound, outcome } = evaluation
    const rank = rows.find((row) => String(row.counts) === String(counts))?.rank ?? null
    const own = [rank, ...counts, costPerHour, bound, outcome]
    if (outcome === 'refuted') return [...own, null, null, evaluation.below]
    return [...own, evaluation.mean, evaluation.halfWidth === Infinity ? null : evaluation.halfWidth, null]
  })
  return writeToString([header, ...lines], { includeEndRowDelimiter: true })
}

function text(search: SearchResult, color: boolean): string {
  const { bold, dim } = styles(color)
  const { model, qosMs, percentile } = search.workload
  const title = `${model}: ${percentile}% of queries within ${qosMs} ms, $${search.space.budgetPerHour} an hour`
  const services = search.service === 'mean' ? 'mean service times' : 'sampled service times'
  const drawn = `${search.repeats} x ${formatCount(search.queries)} queries from seed ${search.seed}`
  const how = `measured by replay: ${search.policy}, ${search.arrivals} arrivals, ${services}, ${drawn}`
  const head = `${bold(title)}\n${dim(how)}\n`
  if (search.infeasible) return `${head}\nNothing is feasible: ${search.infeasible.message}.\n`
  return `${head}\n${table(search, bold)}\n${answer(search, bold)}\n${dim(proof(search))}\n`
}

/** The answer first; then what else was measured, best first; then what was refuted. */
function table(search: SearchResult, bold: (text: string) => string): string {
  const { space, rows, evaluations } = search
  const most = Math.max(...evaluations.map((row) => (row.outcome === 'measured' ? row.mean : 0)))
  const chosen = new Set(rows.map(({ counts }) => String(counts)))
  const others = evaluations
    .filter(({ counts }) => !chosen.has(String(counts)))
    .toSorted((a, b) => meanOf(b) - meanOf(a) || b.bound - a.bound)
  const names = space.types.map(({ name }) => name)
  const header = ['#', ...names, '$/hour', 'bound q/s', 'measured q/s', '±', 'of the bound', '', '']
  const lineOf = (row: EvaluationResult, rank: string, word: string) => {
    const counts = row.counts.map((count) => (count === 0 ? '·' : String(count)))
    const own = [rank, ...counts, formatDollars(row.costPerHour), formatRate(row.bound)]
    if (row.outcome === 'refuted') return [...own, `< ${formatRate(row.below)}`, '', '', '', 'refuted']
    const width = row.halfWidth === Infinity ? '' : formatRate(row.halfWidth)
    const figures = [formatRate(row.mean), width, percent(row.mean / row.bound, 1)]
    return [...own, ...figures, bar(row.mean / most, BAR), word]
  }
  const lines = [
    ...rows.map((row) => lineOf(row, String(row.rank), row.tied ? 'tied with the first' : '')),
    ...others.map((row) => lineOf(row, '', '')),
  ]
  return inColumns([header.map(bold), ...lines], [names.length + 6, names.length + 7])
}

function meanOf(evaluation: EvaluationResult): number {
  return evaluation.outcome === 'measured' ? evaluation.mean : 0
}

function answer({ rows, targetQps, proof }: SearchResult, bold: (text: string) => string): string {
  const { proven, nextBound } = proof
  const [what, are] = rows.length === 1 ? ['The first line', 'is'] : [`The first ${rows.length}`, 'are']
  if (targetQps !== undefined) {
    const close = rows.some(({ mean, halfWidth }) => mean - halfWidth < targetQps)
    const within = close ? ' The interval goes below it.' : ''
    const end = proven ? '' : ' so far: the time is up'
    return bold(`${what} ${are} the cheapest to measure ${formatRate(targetQps)} q/s or more${end}.${within}`)
  }
  if (!proven) {
    const more = percent((nextBound ?? 0) / rows[rows.length - 1].mean - 1, 1)
    return bold(`${what} ${are} the best so far: the time is up, and what is left is bounded ${more} above.`)
  }
  const why = nextBound === null ? 'everything else was looked at' : 'nothing else is bounded above it'
  return bold(`${what} ${are} the best under this replay: ${why}.`)
}

function proof({ considered, withinBudget, feasible, proof }: SearchResult): string {
  const { measured, refuted, prunedBySubConfiguration, prunedByBound, nextBound, replays } = proof
  const size = considered > 1e15 ? considered.toExponential(1) : formatCount(considered)
  const counted = [`${size} configurations`]
  if (withinBudget !== undefined) counted.push(`${formatCount(withinBudget)} within the budget`)
  if (feasible !== undefined) counted.push(`${formatCount(feasible)} feasible`)
  const parts = [`${measured} measured`, `${refuted} refuted by short replays`]
  if (prunedBySubConfiguration > 0) {
    parts.push(`${formatCount(prunedBySubConfiguration)} part of one that measured no better`)
  }
  if (nextBound !== null) {
    const many = prunedByBound === undefined ? 'all others' : formatCount(prunedByBound)
    parts.push(`${many} bounded by ${formatRate(nextBound)} q/s or less`)
  }
  return `${counted.join(', ')}: ${parts.join(', ')}; ${formatCount(replays)} replays.`
}
