import { styleText } from 'node:util'
import type { ColumnUserConfig } from 'table'

/** Spaces between two columns. */
export const GAP = 2

/**
 * Lines in columns without borders, without trailing spaces.
 *
 * @param left the columns that are aligned to the left: the first one by default
 * @param settings more settings by column
 */
export async function inColumns(
  lines: readonly (readonly string[])[],
  left: readonly number[] = [0],
  settings: Readonly<Record<number, ColumnUserConfig>> = {},
): Promise<string> {
  // imported here: only tables need it, and the import takes as long as a ranking
  const { getBorderCharacters, table } = await import('table')
  const text = table(lines as string[][], {
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
    columns: lines[0].map((_, c) => ({
      alignment: left.includes(c) ? ('left' as const) : ('right' as const),
      paddingLeft: c === 0 ? 0 : GAP,
      paddingRight: 0,
      ...settings[c],
    })),
  })
  return text.replace(/ +$/gm, '')
}

/** Functions that style text for a terminal, or leave it as it is where there is no colour. */
export function styles(color: boolean) {
  const style = (name: 'bold' | 'dim') => (text: string) =>
    color ? styleText(name, text, { validateStream: false }) : text
  return { bold: style('bold'), dim: style('dim') }
}
