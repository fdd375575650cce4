/** The tables of a search, which a terminal and a page show alike. */
import { typeNames } from '../../model/fleet/space.ts'
import type { ReplayedConfiguration, VerifiedSearch } from '../../model/results/search.ts'
import { formatDollars, formatRate, percent } from '../numbers.ts'
import { countColumns, numeric, type TableColumn } from '../table-columns.ts'
import { remarkOn } from './search-remarks.ts'

type Evaluation = VerifiedSearch['evaluations'][number]

/** A row with the measured rate, which is 0 where there is none, and what is said beside it. */
interface SearchRow {
  readonly cells: readonly string[]
  readonly mean: number
  readonly remark: string
}

interface SearchTable {
  readonly columns: readonly TableColumn[]
  /** The answer, then the other measured configurations, best first, then the refuted ones. */
  readonly rows: readonly SearchRow[]
  /** What was not measured because its bound ties. */
  readonly tied: readonly SearchRow[]
}

/** What the shares are of, which is not quite the bound beside them. */
export const SHARES = 'Shares are of the bound of the sizes and service times that the replays drew.'

/** The evaluated configurations. */
export function searchTable({ space, rows, evaluations, spare = 0, proof }: VerifiedSearch): SearchTable {
  const names = typeNames(space)
  const ranks = new Map(rows.map(({ counts, rank }) => [String(counts), rank]))
  const rankOf = ({ counts }: Evaluation) => ranks.get(String(counts)) ?? Infinity
  const { columns, cells } = boundColumns(names)
  const known = (row: ReplayedConfiguration, rank: number) => [
    ...cells(row, rank),
    ...(spare > 0 ? [row.boundLeft === undefined ? '' : formatRate(row.boundLeft)] : []),
  ]
  return {
    columns: [
      ...columns,
      ...(spare > 0 ? [numeric('bound left q/s')] : []),
      ...[numeric('measured q/s'), numeric('±'), numeric(spare > 0 ? 'of the bound left' : 'of the bound')],
    ],
    rows: evaluations
      // without ranks the difference is NaN, and the rates decide
      .toSorted((a, b) => rankOf(a) - rankOf(b) || meanOf(b) - meanOf(a) || b.bound - a.bound)
      .map((row) => ({
        cells: [...known(row, rankOf(row)), ...measuredCells(row)],
        ...{ mean: meanOf(row), remark: remarkOn(row, names) },
      })),
    tied: (proof.ties ?? []).map((row) => ({
      cells: [...known(row, Infinity), '', '', ''],
      ...{ mean: 0, remark: 'not measured: its bound ties' },
    })),
  }
}

/** The configurations of a search that ended before there was a row, none of which is measured. */
export function byBoundTable({ space, byBound = [] }: VerifiedSearch) {
  const { columns, cells } = boundColumns(typeNames(space))
  return { columns, rows: byBound.map((row, i) => cells(row, i + 1)) }
}

function boundColumns(names: readonly string[]) {
  const counts = countColumns(names)
  return {
    columns: [numeric('#'), ...counts, numeric('$/hour'), numeric('bound q/s')],
    cells: (row: ReplayedConfiguration, rank: number) => [
      rank === Infinity ? '' : String(rank),
      ...counts.map(({ cell }) => cell(row.counts)),
      ...[formatDollars(row.costPerHour), formatRate(row.bound)],
    ],
  }
}

function measuredCells(row: Evaluation): string[] {
  if (row.outcome === 'refuted') return [`< ${formatRate(row.below)}`, '', '']
  const halfWidth = row.halfWidth === Infinity ? '' : formatRate(row.halfWidth)
  return [formatRate(row.mean), halfWidth, percent(row.shareOfBound, 1)]
}

function meanOf(evaluation: Evaluation): number {
  return evaluation.outcome === 'measured' ? evaluation.mean : 0
}
