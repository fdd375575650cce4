import { styleText } from 'node:util'
import { getBorderCharacters, table } from 'table'
import { bar, formatCount, formatDollars, formatRate } from './numbers.ts'
import type { RankedRow, RankedRows, RankingHeadResult } from './ranking-result.ts'

const BAR = 16

/** A table for a terminal, written some thousand rows at a time; widths are fixed by the first rows. */
export function rankingTable(color: boolean) {
  return async function* rows(head: RankingHeadResult, batches: RankedRows): AsyncGenerator<string> {
    const bold = (text: string) => (color ? styleText('bold', text, { validateStream: false }) : text)
    const dim = (text: string) => (color ? styleText('dim', text, { validateStream: false }) : text)
    yield `${bold(title(head))}\n${dim(subtitle(head))}\n`
    if (head.infeasible) {
      yield `\nNothing is feasible: ${head.infeasible.message}.\n`
      return
    }
    const columns = columnsOf(head)
    let widths: number[] | undefined
    let best = 0
    for await (const batch of batches) {
      const first = widths === undefined
      if (first) best = Math.max(...batch.map((row) => row.bound))
      const lines = batch.map((row) => columns.map(({ cell }) => cell(row, best)))
      widths ??= columns.map(({ name, least = 0 }, i) =>
        Math.max(name.length, least, ...lines.map((line) => line[i].length)),
      )
      const shown = first ? [columns.map(({ name }) => bold(name)), ...lines] : lines
      yield (first ? '\n' : '') + layOut(shown, columns, widths)
    }
    if (head.bound === 'fluid') yield `\n${dim(NOTE)}\n`
  }
}

const NOTE =
  'next $: what one dollar an hour more gains, on the type that gains most; beaten by: the row that costs no more and is bounded no lower.'

interface Column {
  readonly name: string
  readonly least?: number
  readonly left?: boolean
  readonly cell: (row: RankedRow, best: number) => string
}

function columnsOf({ space, bound }: RankingHeadResult): Column[] {
  const names = space.types.map((type) => type.name)
  const columns: Column[] = [
    { name: '#', least: 4, cell: (row) => String(row.rank) },
    ...names.map((name, t) => ({
      name,
      cell: (row: RankedRow) => (row.counts[t] === 0 ? '·' : String(row.counts[t])),
    })),
    { name: '$/hour', least: 7, cell: (row) => formatDollars(row.costPerHour) },
    { name: 'bound q/s', cell: (row) => formatRate(row.bound) },
  ]
  if (bound === 'fluid') {
    columns.push(
      { name: 'closed form', cell: (row) => formatRate(row.closedForm ?? 0) },
      { name: 'limited by', left: true, cell: (row) => row.limits?.[0] ?? '' },
      { name: 'next $', left: true, cell: (row) => nextDollar(row, names) },
      { name: 'beaten by', cell: (row) => (row.dominatedBy ? `#${row.dominatedBy}` : '') },
    )
  }
  return [
    ...columns,
    { name: '', least: BAR, left: true, cell: (row, best) => bar(best > 0 ? row.bound / best : 0, BAR) },
  ]
}

function nextDollar({ gainPerDollar = [] }: RankedRow, names: readonly string[]): string {
  const most = Math.max(...gainPerDollar)
  return most > 0 ? `+${formatRate(most)} ${names[gainPerDollar.indexOf(most)]}` : ''
}

function title(head: RankingHeadResult): string {
  const { model, qosMs, percentile } = head.workload
  return `${model}: ${percentile}% of queries within ${qosMs} ms, $${head.space.budgetPerHour} an hour`
}

function subtitle(head: RankingHeadResult): string {
  const { considered, withinBudget, feasible, bound, targetQps, spare, proof } = head
  const parts = [
    `${considered > 1e15 ? considered.toExponential(1) : formatCount(considered)} configurations`,
  ]
  if (withinBudget !== undefined) parts.push(`${formatCount(withinBudget)} within the budget`)
  if (feasible !== undefined) parts.push(`${formatCount(feasible)} feasible`)
  if (proof) {
    parts.push(`${formatCount(proof.visited)} visited and ${formatCount(proof.pruned)} branches pruned`)
    parts.push(proof.gap === 0 ? 'proven' : `stopped with a gap of ${(100 * proof.gap).toFixed(2)}%`)
  }
  const lost = spare ? ` after the loss of any ${spare}` : ''
  const order =
    targetQps === undefined
      ? `ranked by the ${bound} bound`
      : `the cheapest that are bounded by ${targetQps} q/s or more${lost}`
  return `${parts.join(', ')}; ${order}`
}

function layOut(lines: string[][], columns: readonly Column[], widths: readonly number[]): string {
  return table(lines, {
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
    columns: columns.map(({ left }, i) => ({
      width: widths[i],
      alignment: left ? 'left' : 'right',
      paddingLeft: i === 0 ? 0 : 2,
      paddingRight: 0,
    })),
  })
}
