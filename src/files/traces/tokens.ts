import { KairosError } from '../../model/errors.ts'
import { refusedCell } from '../io/csv-columns.ts'
import { parseDecimal } from '../io/decimal.ts'

/** The tokens of a request that count as its batch size. */
const TOKEN_SIZES = ['context', 'generated', 'sum']

/**
 * The columns whose tokens make up the size.
 *
 * @throws KairosError BAD_USAGE for another word than context, generated or sum
 */
export function tokenColumns(size: string | undefined, context: string, generated: string): string[] {
  switch (size) {
    case undefined:
    case 'context':
      return [context]
    case 'generated':
      return [generated]
    case 'sum':
      return [context, generated]
    default:
      throw new KairosError(
        'BAD_USAGE',
        `is "${size}"`,
        { field: 'size' },
        `expected ${TOKEN_SIZES.join(', ')}`,
      )
  }
}

/** The sum of the cells from the second on, counts of tokens all. @throws KairosError BAD_FILE */
export function sumTokens(
  file: string,
  line: number,
  columns: readonly string[],
  cells: readonly string[],
): number {
  let sum = 0
  for (let c = 0; c < columns.length; c++) {
    const tokens = parseDecimal(cells[c + 1])
    if (!(Number.isInteger(tokens) && tokens >= 0)) {
      throw refusedCell(file, line, columns[c], cells[c + 1], 'a whole number of tokens >= 0')
    }
    sum += tokens
  }
  return sum
}
