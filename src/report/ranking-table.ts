import { styleText } from 'node:util'
import { getBorderCharacters, table } from 'table'
import { bar, formatCount, formatDollars, formatRate } from './numbers.ts'
import type { RankedRow, RankedRows, RankingHeadResult } from './ranking-result.ts'

const BAR = 24

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
    const header = ['#', ...head.space.types.map((type) => type.name), '$/hour', 'bound q/s', '']
    let widths: number[] | undefined
    let best = 0
    for await (const batch of batches) {
      const first = widths === undefined
      if (first) best = batch[0].bound
      const lines = batch.map((row) => cells(row, best))
      widths ??= header.map((text, i) =>
        Math.max(
          text.length,
          i === 0 ? 6 : 0,
          i === header.length - 1 ? BAR : 0,
          ...lines.map((l) => l[i].length),
        ),
      )
      const shown = first ? [header.map(bold), ...lines] : lines
      yield (first ? '\n' : '') + layOut(shown, widths)
    }
  }
}

function title(head: RankingHeadResult): string {
  const { model, qosMs, percentile } = head.workload
  return `${model}: ${percentile}% of queries within ${qosMs} ms, $${head.space.budgetPerHour} an hour`
}

function subtitle({ considered, withinBudget, feasible, bound }: RankingHeadResult): string {
  const counts = [
    `${formatCount(considered)} configurations`,
    `${formatCount(withinBudget)} within the budget`,
    `${formatCount(feasible)} feasible`,
  ]
  return `${counts.join(', ')}; ranked by the ${bound} bound`
}

function cells({ rank, counts, costPerHour, bound }: RankedRow, best: number): string[] {
  const numbers = [String(rank), ...counts.map((count) => (count === 0 ? '·' : String(count)))]
  return [...numbers, formatDollars(costPerHour), formatRate(bound), bar(bound / best, BAR)]
}

function layOut(lines: string[][], widths: number[]): string {
  return table(lines, {
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
    columns: widths.map((width, i) => ({
      width,
      alignment: i === widths.length - 1 ? 'left' : 'right',
      paddingLeft: i === 0 ? 0 : 2,
      paddingRight: 0,
    })),
  })
}
