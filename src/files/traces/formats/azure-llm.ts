import { readColumns, refusedCell } from '../../io/csv-columns.ts'
import { millisecondsBetween, parseTimestamp, type Timestamp } from '../../io/timestamp.ts'
import type { ReadRows } from './format.ts'
import { sumTokens, tokenColumns } from './tokens.ts'

const TIME = 'TIMESTAMP'

/**
 * Reads Azure LLM inference traces of 2023 and 2024 (Patel et al., Splitwise, ISCA 2024; Stojkovic et al., DynamoLLM,
 * HPCA 2025), times like `2023-11-16 18:17:03.9799600` or `2024-05-10 00:00:00.009930+00:00`.
 */
export const readAzureLlm: ReadRows = async (file, { size, ...reading }, push) => {
  const tokens = tokenColumns(size, 'ContextTokens', 'GeneratedTokens')
  const field = tokens.join('+')
  let origin: Timestamp | undefined
  const end = await readColumns(file, { ...reading, columns: [TIME, ...tokens] }, (cells, line) => {
    const time = parseTimestamp(cells[0])
    if (!time) throw refusedCell(file, line, TIME, cells[0], 'a time like 2023-11-16 18:17:03.9799600')
    origin ??= time
    push(millisecondsBetween(origin, time), sumTokens(file, line, tokens, cells), line, field)
  })
  return { ...end, origin }
}
