import type { BatchShare, Explanation, TypeExplanation } from '../../model/results/explanation.ts'
import { GAP, inColumns, lineWidth, styles, wrappedCell } from '../columns.ts'
import { jsonText } from '../json.ts'
import { formatPrice, formatRate, percent, sharePercent } from '../numbers.ts'
import { configurationText, INFEASIBLE, rangeText } from '../phrases.ts'

/** The most and the least characters of a line of batch sizes, and of batches. */
const BINS = { most: 44, least: 20 }
const BATCHES = { most: 30, least: 13 }

/** The most characters of a line of a note. */
const NOTE = 110

/**
 * The routing of one configuration and what more instances gain: a table for a terminal, or JSON.
 *
 * @param room the characters of a line: sizes are wrapped, and gains that do not fit are left out
 */
export function explanationText(
  result: Explanation,
  format: string,
  color: boolean,
  room = Infinity,
): string {
  if (format === 'json') return jsonText(result)
  const { bold, dim } = styles(color)
  const note = (text: string) => `${wrappedCell(text, Math.min(NOTE, room))}\n`
  const names = result.types.map(({ name }) => name)
  const configuration = configurationText(names, result.counts)
  const title = bold(`${configuration}: at most ${formatRate(result.bound)} queries a second`)
  const head = `${title} for $${formatPrice(result.costPerHour)} an hour\n`
  if (result.bound === 0) return `${head}\n${INFEASIBLE}\n`
  const { table, gains } = explanationTable(result.types, bold, room)
  const { share, allowed, onePointMoreQps } = result.violations
  const gain = onePointMoreQps > 0 ? `; one point more would gain ${formatRate(onePointMoreQps)} q/s` : ''
  return [
    `${head}\n${table}\n`,
    note(
      `${sharePercent(share)} of queries are late under this routing, ${sharePercent(allowed)} may be${gain}.`,
    ),
    ...(gains.length > 0 ? [dim(note(`${gains.map((column) => column.note).join('; ')}.`))] : []),
    ...(batchesHoldTwo(result) ? [] : [dim(note(NO_BATCHES))]),
  ].join('')
}

interface GainColumn {
  readonly name: string
  readonly note: string
  readonly qps: (type: TypeExplanation) => number
}

/** In a narrow terminal the last one is left out first. */
const GAINS: readonly GainColumn[] = [
  {
    name: '+1 gains',
    note: '+1 gains: the bound with one more instance, solved exactly, less this bound',
    qps: ({ oneMoreQps }) => oneMoreQps,
  },
  {
    name: 'per $',
    note: 'per $: that gain divided by the price',
    qps: ({ oneMoreQpsPerDollar }) => oneMoreQpsPerDollar,
  },
  {
    name: 'marginal',
    note: 'marginal: the dual of the linear program, the slope for a small share of an instance',
    qps: ({ marginalQps }) => marginalQps,
  },
]

/** The table, and which gains it has. */
function explanationTable(
  types: readonly TypeExplanation[],
  bold: (text: string) => string,
  room: number,
  gains = GAINS,
): { table: string; gains: readonly GainColumn[] } {
  const header = ['type', 'count', 'busy', 'of queries', ...gains.map(({ name }) => name)]
  const lines = types.map((type) => [
    type.name,
    String(type.count),
    type.count > 0 ? percent(type.utilisation, 1) : '',
    type.count > 0 ? percent(type.queries, 1) : '',
    ...gains.map(({ qps }) => `${formatRate(qps(type))} q/s`),
  ])
  const isBatched = types.some(({ batches }) => batches !== undefined)
  const least = BINS.least + (isBatched ? GAP + BATCHES.least : 0)
  const left = room - lineWidth([header, ...lines]) - GAP
  if (left < least && gains.length > 0) return explanationTable(types, bold, room, gains.slice(0, -1))
  const batches = Math.min(BATCHES.most, Math.max(BATCHES.least, Math.floor(0.4 * left)))
  const bins = Math.min(BINS.most, Math.max(BINS.least, left - (isBatched ? GAP + batches : 0)))
  const at = header.length
  const columns = [
    ...header.map(bold),
    boldCell('batch sizes, share of them', bins, bold),
    ...(isBatched ? [boldCell('served in batches of', batches, bold)] : []),
  ]
  const rows = types.map((type, t) => [
    ...lines[t],
    wrappedItems(type.bins.map(rangeText), bins),
    ...(isBatched ? [wrappedItems((type.batches ?? []).map(batch), batches)] : []),
  ])
  return { table: inColumns([columns, ...rows], [0, at, at + 1], isBatched ? { [at]: bins } : {}), gains }
}

const NO_BREAK = '\u00a0'

/** Items, with commas between them. A size and its share are in one line where both fit. */
function wrappedItems(items: readonly string[], width: number): string {
  const whole = items.map((item) => (item.length < width ? item.replace(' ', NO_BREAK) : item))
  return wrappedCell(whole.join(', '), width).replaceAll(NO_BREAK, ' ')
}

function boldCell(text: string, width: number, bold: (text: string) => string): string {
  return wrappedCell(text, width).split('\n').map(bold).join('\n')
}

const NO_BATCHES =
  'No two queries of the mix, each counted as its size in the table, fit into one of these batches. The bound does not ask whether sizes add up to a batch; --no-batching gives the bound of queries served one at a time.'

/** Whether two queries fit into a batch of the routing, or all are served alone. */
function batchesHoldTwo({ types }: Explanation): boolean {
  const smallest = Math.min(...types.flatMap(({ bins }) => bins.map(({ from }) => from)))
  const batched = types.filter(({ bins, batches = [] }) => {
    // a query that is served alone is a batch of its own size
    return bins.length > 0 && batches.length > 0 && batches[0].size > bins[0].from
  })
  return (
    batched.length === 0 ||
    batched.some(({ batches = [] }) => batches.some(({ size }) => size >= 2 * smallest))
  )
}

function batch({ size, queries }: BatchShare): string {
  return queries > 1 - 1e-9 ? String(size) : `${size} (${percent(queries, 1)})`
}
