import { styleText } from 'node:util'
import { getBorderCharacters, table } from 'table'

/** Lines in columns without borders: the first column and those named `left` start where they stand. */
export function inColumns(lines: readonly string[][], left: readonly number[] = [0]): string {
  return table(lines as string[][], {
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
    columns: lines[0].map((_, c) => ({
      alignment: left.includes(c) ? ('left' as const) : ('right' as const),
      paddingLeft: c === 0 ? 0 : 2,
      paddingRight: 0,
    })),
  }).replace(/ +$/gm, '')
}

/** Words for a terminal: as they are where there is no colour. */
export function styles(color: boolean) {
  const style = (name: 'bold' | 'dim') => (text: string) =>
    color ? styleText(name, text, { validateStream: false }) : text
  return { bold: style('bold'), dim: style('dim') }
}

/** 2 g4dn.xlarge, 9 r5n.large */
export function configurationText(types: readonly string[], counts: readonly number[]): string {
  return types.flatMap((name, t) => (counts[t] > 0 ? [`${counts[t]} ${name}`] : [])).join(', ')
}

/** 0.9945 -> 99.45% */
export function percent(share: number, digits: number): string {
  return `${(100 * share).toFixed(digits)}%`
}
