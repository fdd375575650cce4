import type { Counts } from '../model/fleet/space.ts'
import { configurationText } from './phrases.ts'

/** A column of a table, in a terminal or in a page. */
export interface TableColumn {
  readonly name: string
  /** Aligned to the right. */
  readonly numeric: boolean
}

/** A column of numbers, and a column of text. */
export const numeric = (name: string): TableColumn => ({ name, numeric: true })
export const textual = (name: string): TableColumn => ({ name, numeric: false })

/** A column about the counts of a configuration. */
interface CountColumn extends TableColumn {
  readonly cell: (counts: Counts) => string
}

/** Of more types there is one column for the configuration: most of their columns would be empty. */
const MOST_TYPE_COLUMNS = 6

/** The counts of configurations: a column for each type, or one of all counts as `--counts` takes them. */
export function countColumns(types: readonly string[]): readonly CountColumn[] {
  if (types.length > MOST_TYPE_COLUMNS) {
    return [{ ...textual('configuration'), cell: (counts) => configurationText(types, counts) || '·' }]
  }
  return types.map((name, t) => ({
    ...numeric(name),
    cell: (counts) => (counts[t] === 0 ? '·' : String(counts[t])),
  }))
}
