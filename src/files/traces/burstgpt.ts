import { readColumns, refusedCell } from '../io/csv-columns.ts'
import { parseDecimal } from '../io/decimal.ts'
import { sumTokens, tokenColumns } from './tokens.ts'
import type { ForeignEnd, ForeignOptions, PushRow } from './trace-format.ts'

const TIME = 'Timestamp'

/**
 * BurstGPT (Wang et al., 2024): `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type`, with
 * more columns in later releases; times in seconds. The size is the request tokens (`context`), the response
 * tokens (`generated`, 0 where the request failed) or their `sum`.
 */
export function readBurstGpt(
  file: string,
  { size, ...reading }: ForeignOptions,
  push: PushRow,
): Promise<ForeignEnd> {
  const tokens = tokenColumns(size, 'Request tokens', 'Response tokens')
  const field = tokens.join('+')
  return readColumns(file, { ...reading, columns: [TIME, ...tokens] }, (cells, line) => {
    const arrivalMs = parseDecimal(cells[0], 3)
    if (Number.isNaN(arrivalMs)) throw refusedCell(file, line, TIME, cells[0], 'a number of seconds')
    push(arrivalMs, sumTokens(file, line, tokens, cells), line, field)
  })
}
