import type { BatchShare, Explanation } from '../../model/results/explanation.ts'
import { inColumns, styles, wrappedCell } from '../columns.ts'
import { jsonText } from '../json.ts'
import { formatPrice, formatRate, percent, sharePercent } from '../numbers.ts'
import { configurationText, rangeText } from '../phrases.ts'

/** The most characters of a line of batch sizes, and of batches. */
const BINS = 44
const BATCHES = 30

/** The routing of one configuration and what more instances gain: a table for a terminal, or JSON. */
export async function* explanationText(
  result: Explanation,
  format: string,
  color: boolean,
): AsyncGenerator<string> {
  if (format === 'json') {
    yield jsonText(result)
    return
  }
  const { bold, dim } = styles(color)
  const names = result.types.map(({ name }) => name)
  const configuration = configurationText(names, result.counts)
  yield `${bold(`${configuration}: at most ${formatRate(result.bound)} queries a second`)} for $${formatPrice(result.costPerHour)} an hour\n`
  if (result.bound === 0) {
    yield '\nInfeasible: even when every batch size goes to the type least likely to be late, too many are.\n'
    return
  }
  const isBatched = result.types.some(({ batches }) => batches !== undefined)
  const header = [
    'type',
    'count',
    'busy',
    'of queries',
    '+1 gains',
    'per $',
    'marginal',
    'batch sizes, share of them',
    ...(isBatched ? ['served in batches of'] : []),
  ]
  const lines = result.types.map((type) => [
    type.name,
    String(type.count),
    type.count > 0 ? percent(type.utilisation, 1) : '',
    type.count > 0 ? percent(type.queries, 1) : '',
    `${formatRate(type.oneMoreQps)} q/s`,
    `${formatRate(type.oneMoreQpsPerDollar)} q/s`,
    `${formatRate(type.marginalQps)} q/s`,
    wrappedCell(type.bins.map(rangeText).join(', '), BINS),
    ...(isBatched ? [wrappedCell((type.batches ?? []).map(batch).join(', '), BATCHES)] : []),
  ])
  yield `\n${inColumns([header.map(bold), ...lines], [0, 7, 8], isBatched ? { 7: BINS } : {})}`
  const { share, allowed, onePointMoreQps } = result.violations
  const gain = onePointMoreQps > 0 ? `; one point more would gain ${formatRate(onePointMoreQps)} q/s` : ''
  yield `\n${sharePercent(share)} of queries are late under this routing, ${sharePercent(allowed)} may be${gain}.\n`
  yield dim(`${GAINS}\n`)
  if (!batchesHoldTwo(result)) yield dim(`${NO_BATCHES}\n`)
}

const GAINS = [
  '+1 gains: the bound with one more instance, solved exactly, less this bound; per $: that gain divided by the',
  'price; marginal: the dual of the linear program, the slope for a small share of an instance.',
].join('\n')

const NO_BATCHES = [
  'No two queries of the mix, each counted as its size in the table, fit into one of these batches. The bound does not',
  'ask whether sizes add up to a batch; --no-batching gives the bound of queries served one at a time.',
].join('\n')

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
