import { styleText } from 'node:util'
import displayWidth from 'fast-string-width'
import { wrapped } from './plots/wrap.ts'
import type { TableColumn } from './table-columns.ts'

/** Spaces between two columns. */
export const GAP = 2

type Lines = readonly (readonly string[])[]

/** Least widths by column, in columns of a terminal; none where a column is missing. */
type Widths = Readonly<Record<number, number>>

/**
 * Lines in columns without borders, without trailing spaces. A cell may have several lines.
 *
 * @param left the columns that are aligned to the left: the first one by default
 */
export function inColumns(lines: Lines, left: readonly number[] = [0], least: Widths = {}): string {
  return columnWriter(left, least)(lines)
}

/** A table with its heading. */
export function tableText(
  columns: readonly TableColumn[],
  rows: Lines,
  bold: (text: string) => string,
): string {
  const left = columns.flatMap(({ numeric }, c) => (numeric ? [] : [c]))
  return inColumns([columns.map(({ name }) => bold(name)), ...rows], left)
}

/** Lays out lines part by part. Where a part has wider cells, the columns of the parts after it are as wide. */
export function columnWriter(left: readonly number[], least: Widths): (lines: Lines) => string {
  let widths = least
  return (lines) => {
    const single = lines.flatMap(singleLines)
    const sizes = sizesOf(single)
    const wide = widest(sizes, widths)
    widths = wide
    return single
      .map((cells, l) => {
        const padded = cells.map((cell, c) => {
          const space = ' '.repeat(wide[c] - sizes[l][c])
          return left.includes(c) ? cell + space : space + cell
        })
        return `${padded.join(' '.repeat(GAP)).replace(/ +$/, '')}\n`
      })
      .join('')
  }
}

/** The width of lines in columns. */
export function lineWidth(lines: Lines, least: Widths = {}): number {
  return widest(sizesOf(lines), least).reduce((sum, width) => sum + width + GAP, -GAP)
}

/** A cell whose lines are at most `width` columns of a terminal wide. */
export function wrappedCell(text: string, width: number): string {
  return wrapped(text, (line) => displayWidth(line) <= width).join('\n')
}

/** The lines of cells of which some have several. */
function singleLines(cells: readonly string[]): Lines {
  if (!cells.some((cell) => cell.includes('\n'))) return [cells]
  const parts = cells.map((cell) => cell.split('\n'))
  const most = Math.max(...parts.map(({ length }) => length))
  return Array.from({ length: most }, (_, l) => parts.map((part) => part[l] ?? ''))
}

function sizesOf(lines: Lines): readonly (readonly number[])[] {
  return lines.map((cells) => cells.map((cell) => displayWidth(cell)))
}

function widest(sizes: readonly (readonly number[])[], least: Widths): readonly number[] {
  return sizes[0].map((_, c) => sizes.reduce((most, row) => Math.max(most, row[c]), least[c] ?? 0))
}

/** Functions that style text for a terminal, or leave it as it is where there is no colour. */
export function styles(color: boolean) {
  const style = (name: 'bold' | 'dim') => (text: string) =>
    color ? styleText(name, text, { validateStream: false }) : text
  return { bold: style('bold'), dim: style('dim') }
}
