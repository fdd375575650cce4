import { setImmediate } from 'node:timers/promises'
import type { OnProgress } from '../../model/progress.ts'

/** The number of rows that are formatted at once. */
const ROWS_A_PIECE = 1 << 14

interface RowOptions {
  readonly signal?: AbortSignal | undefined
  /** Receives the number of rows that are formatted, and of all rows. */
  readonly onProgress?: OnProgress | undefined
}

/** The text of many rows, piece by piece, each row with its line end. @throws the reason of an aborted signal */
export async function* rowPieces(
  rows: number,
  textOf: (row: number) => string,
  { signal, onProgress }: RowOptions = {},
): AsyncGenerator<string> {
  for (let from = 0; from < rows; from += ROWS_A_PIECE) {
    const to = Math.min(from + ROWS_A_PIECE, rows)
    let piece = ''
    for (let row = from; row < to; row++) piece += textOf(row)
    yield piece
    onProgress?.({ done: to, total: rows })
    // writing may never wait, and an abort needs a turn of the event loop
    await setImmediate()
    signal?.throwIfAborted()
  }
}
