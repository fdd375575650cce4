import { writeToString } from 'fast-csv'

type Cell = string | number | boolean | null | undefined

/** Lines of CSV, each with a line end; null and undefined become empty cells. */
export function csvText(lines: readonly (readonly Cell[])[]): Promise<string> {
  return writeToString(lines as Cell[][], { includeEndRowDelimiter: true })
}
