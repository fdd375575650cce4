import { counted } from '../../model/counted.ts'
import { typeNames } from '../../model/fleet/space.ts'
import type {
  BranchAndBoundProof,
  RankedBatches,
  RankedConfiguration,
  RankingHead,
} from '../../model/results/ranking.ts'
import { columnWriter, lineWidth, styles } from '../columns.ts'
import { bar, formatCount, formatDollars, formatGiven, formatRate, percent } from '../numbers.ts'
import { boundText, countsText, lossText, questionText } from '../phrases.ts'
import { countColumns } from '../table-columns.ts'

const BAR = 16

interface TableOptions {
  /** Characters of a line: the least informative columns are left out until the rest fits. */
  readonly room?: number | undefined
  /** The most rows. Without it and `all` the ranking is short. */
  readonly topN?: number | undefined
  /** Whether every configuration within the budget is a row. */
  readonly all?: boolean | undefined
  /** With a target, the command that measures whether it is reached. */
  readonly verify?: string | undefined
}

/** A table for a terminal, written some thousand rows at a time. The first rows decide which columns fit. */
export function rankingTable(color: boolean, options: TableOptions = {}) {
  return async function* rows(head: RankingHead, batches: RankedBatches): AsyncGenerator<string> {
    const { bold, dim } = styles(color)
    yield `${bold(questionText(head.workload, head.space))}\n${dim(subtitle(head))}\n`
    if (head.infeasible) {
      yield `\nNothing is feasible: ${head.infeasible.message}.\n`
      return
    }
    let columns = columnsOf(head, listedRows(head, options))
    let write: ReturnType<typeof columnWriter> | undefined
    let best = 0
    for await (const batch of batches) {
      if (!write) {
        best = Math.max(...batch.map((row) => row.bound))
        columns = columnsFor(columns, batch, best, options.room)
      }
      const lines = batch.map((row) => columns.map(({ cell }) => cell(row, best)))
      if (write) yield write(lines)
      else {
        write = writerOf(columns)
        yield `\n${write([columns.map(({ name }) => bold(name)), ...lines])}`
      }
    }
    const notes = columns.flatMap(({ note }) => note ?? [])
    if (head.workload.batching)
      notes.push('batching can lower what a fleet allows: search --batching measures it')
    if (notes.length > 0) yield `\n${dim(`${notes.join('; ')}.`)}\n`
    if (write && options.verify !== undefined) yield `\n${options.verify}\n`
  }
}

/** How many rows a long ranking has; 0 for a short one. */
function listedRows(
  { withinBudget, feasible, considered }: RankingHead,
  { topN, all }: TableOptions,
): number {
  if (all) return withinBudget ?? considered
  return topN === undefined ? 0 : Math.min(topN, feasible ?? considered)
}

interface Column {
  readonly name: string
  readonly least?: number
  readonly left?: boolean
  /** The meaning, for a name that is not self-explanatory. */
  readonly note?: string
  /** Columns of the lowest priority are left out first; a column without a priority never is. */
  readonly priority?: number
  readonly cell: (row: RankedConfiguration, best: number) => string
}

function columnsOf({ workload, space, bound }: RankingHead, listed: number): Column[] {
  const counts = countColumns(typeNames(space))
  const columns: Column[] = [
    { name: '#', least: Math.max(4, String(listed).length), cell: (row) => String(row.rank) },
    ...counts.map(({ name, numeric, cell }) => ({
      ...{ name, left: !numeric },
      cell: (row: RankedConfiguration) => cell(row.counts),
    })),
    { name: '$/hour', least: 7, cell: (row) => formatDollars(row.costPerHour) },
    { name: bound === 'closed-form' ? 'estimate q/s' : 'bound q/s', cell: (row) => formatRate(row.bound) },
  ]
  if (bound === 'fluid') {
    columns.push(
      {
        name: 'closed form',
        ...(workload.batching && { note: 'closed form: without batches, which it does not know' }),
        priority: 2,
        // the closed form does not rank configurations without an instance of the base type
        cell: ({ closedForm }) => (typeof closedForm === 'number' ? formatRate(closedForm) : '·'),
      },
      { name: 'limited most by', left: true, priority: 5, cell: (row) => row.limits?.[0] ?? '' },
      {
        name: '+1 per $',
        left: true,
        note: '+1 per $: the most that one more instance, of a type below its max, adds to the bound per dollar of its price',
        priority: 4,
        cell: (row) => bestGain(row, space.types),
      },
      {
        name: 'dominated by',
        note: 'dominated by: a row at the same or lower cost with at least this bound',
        priority: 3,
        cell: (row) => (row.dominatedBy ? `#${row.dominatedBy}` : ''),
      },
    )
  }
  const length = (row: RankedConfiguration, best: number) => bar(row.bound / best, BAR)
  return [...columns, { name: '', least: BAR, left: true, priority: 1, cell: length }]
}

function leastOf(columns: readonly Column[]): number[] {
  return columns.map(({ least = 0 }) => least)
}

/** The columns that fit into a line. */
function columnsFor(
  columns: Column[],
  rows: readonly RankedConfiguration[],
  best: number,
  room = Infinity,
): Column[] {
  if (room === Infinity) return columns
  const least = Math.min(...columns.map(({ priority = Infinity }) => priority))
  if (least === Infinity) return columns
  const lines = [
    columns.map(({ name }) => name),
    ...rows.map((row) => columns.map(({ cell }) => cell(row, best))),
  ]
  if (lineWidth(lines, leastOf(columns)) <= room) return columns
  const fewer = columns.filter(({ priority }) => priority !== least)
  return columnsFor(fewer, rows, best, room)
}

/** Of the types of which there may be one more; where only others gain, the best of those, marked. */
function bestGain(
  { oneMoreQpsPerDollar = [], counts }: RankedConfiguration,
  types: RankingHead['space']['types'],
): string {
  const allowed = oneMoreQpsPerDollar.map((gain, t) => (counts[t] < types[t].max ? gain : 0))
  const shown = Math.max(...allowed) > 0 ? allowed : oneMoreQpsPerDollar
  const most = Math.max(...shown)
  if (!(most > 0)) return ''
  return `+${formatRate(most)} ${types[shown.indexOf(most)].name}${shown === allowed ? '' : ' (at max)'}`
}

function subtitle(head: RankingHead): string {
  const { bound, targetQps, spare, proof } = head
  const parts = [countsText(head)]
  if (proof) {
    const pruned = counted(proof.pruned, 'branch', 'branches')
    parts.push(`${formatCount(proof.visited)} visited and ${pruned} pruned`)
    parts.push(provenText(proof))
  }
  const order =
    targetQps === undefined
      ? `ranked by the ${boundText(bound)}`
      : `the cheapest whose upper bound is at least ${formatGiven(targetQps)} q/s${lossText(spare)}; measure with --verify`
  return `${parts.join(', ')}; ${order}`
}

function provenText({ gap, provenRows }: BranchAndBoundProof): string {
  if (provenRows === undefined && gap === 0) return 'proven'
  if (provenRows !== undefined && provenRows > 0)
    return `stopped, the first ${formatCount(provenRows)} proven`
  return gap < Infinity ? `stopped with a gap of ${percent(gap, 2)}` : 'stopped before a row was found'
}

function writerOf(columns: readonly Column[]) {
  const left = columns.flatMap((column, c) => (column.left ? [c] : []))
  return columnWriter(left, leastOf(columns))
}
