import { readColumns, refusedNumber } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import type { ReadRows } from './format.ts'
import { sumTokens, tokenColumns } from './tokens.ts'

const TIME = 'Timestamp'

/**
 * Reads BurstGPT traces (Wang et al., 2024), times in seconds; later releases have more columns. A failed request has 0
 * response tokens.
 */
export const readBurstGpt: ReadRows = (file, { size, ...reading }, push) => {
  const tokens = tokenColumns(size, 'Request tokens', 'Response tokens')
  const field = tokens.join('+')
  return readColumns(file, { ...reading, columns: [TIME, ...tokens] }, (cells, line) => {
    const arrivalMs = parseDecimal(cells[0], 3)
    if (Number.isNaN(arrivalMs)) throw refusedNumber(file, line, TIME, cells[0], 'a number of seconds')
    push(arrivalMs, sumTokens(file, line, tokens, cells), line, field)
  })
}
