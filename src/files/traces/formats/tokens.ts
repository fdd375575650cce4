import { refusedNumber } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'

/** The columns whose tokens add up to the size: `context`, `generated` or `sum`. */
export function tokenColumns(size: string, context: string, generated: string): string[] {
  if (size === 'context') return [context]
  return size === 'generated' ? [generated] : [context, generated]
}

/**
 * The sum of the cells after the first one, which are numbers of tokens; NaN where one is empty.
 *
 * @throws KairosError BAD_FILE
 */
export function sumTokens(
  file: string,
  line: number,
  columns: readonly string[],
  cells: readonly string[],
): number {
  let sum = 0
  for (let c = 0; c < columns.length; c++) {
    const isEmpty = cells[c + 1] === ''
    const tokens = isEmpty ? Number.NaN : parseDecimal(cells[c + 1])
    if (!isEmpty && !(Number.isInteger(tokens) && tokens >= 0)) {
      throw refusedNumber(file, line, columns[c], cells[c + 1], 'a whole number of tokens >= 0')
    }
    sum += tokens
  }
  return sum
}
