type Cell = string | number | boolean | null | undefined

/** Lines of CSV, each with a line end; null and undefined become empty cells. */
export async function csvText(lines: readonly (readonly Cell[])[]): Promise<string> {
  // imported here: only CSV needs it
  const { writeToString } = await import('fast-csv')
  return writeToString(lines as Cell[][], { includeEndRowDelimiter: true })
}
