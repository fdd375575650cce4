import type { RowOptions } from '../../io/named-rows.ts'
import type { Timestamp } from '../../io/timestamp.ts'
import type { NumericUnit, TimeUnit } from '../../io/units.ts'

/**
 * A format of traces. To add one, write its reader in a file of this folder and list it in registry.ts: the command
 * line, its help and `convertTrace` follow.
 */
export interface TraceFormatEntry {
  /** What a row contains, for `--help`. */
  readonly columns: string
  /** What can become the batch size; the first one by default. Empty where the file has one column of sizes. */
  readonly sizes: readonly string[]
  /** Whether the caller names the columns of the file: then `map` and `unit` apply. */
  readonly isMapped?: boolean
  /** Whether arrivals stay as they are; otherwise the first one becomes 0. */
  readonly keepsClock?: boolean
  /** Loads the reader, which no other command needs. */
  load(): Promise<ReadRows>
}

/**
 * Reads a file and passes each of its rows to `push`.
 *
 * @throws KairosError NO_FILE; BAD_FILE with line, field and cure; the reason of an aborted signal; errors of `push`
 */
export type ReadRows = (file: string, options: ReadRowsOptions, push: PushRow) => Promise<RowsEnd>

/**
 * Takes a row. `arrivalMs` is in ms on any clock; rows may come in any order. `size` may be 0, is never negative, and
 * is NaN where the file leaves it empty. `line` and `field` are the place of the size.
 */
export type PushRow = (arrivalMs: number, size: number, line: number, field: string) => void

interface ReadRowsOptions extends RowOptions {
  /** One of `sizes`; empty where there are none. */
  readonly size: string
  readonly map?: ColumnMap | undefined
  readonly unit?: TimeUnit | undefined
}

interface RowsEnd {
  /** Whether the last line has no line end: the file may have been cut inside its last number. */
  readonly endsInsideLine: boolean
  /** Rows that a condition leaves out. */
  readonly leftOut?: number | undefined
  /** The instant of an arrival of 0, where the file has dates. */
  readonly origin?: Timestamp | undefined
  /** The unit in which the first arrival is a time since 1970, where the given one is probably wrong. */
  readonly likelyUnit?: NumericUnit | undefined
}

/** The columns of arrivals and sizes in a CSV file. Without a column of sizes, the sizes have to be drawn. */
export interface ColumnMap {
  readonly arrival: string
  readonly size?: string | undefined
}
