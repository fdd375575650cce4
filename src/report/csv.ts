export type Cell = string | number | boolean | null | undefined

/** Lines of CSV, each with a line end; null and undefined become empty cells. */
export function csvText(lines: readonly (readonly Cell[])[]): string {
  let text = ''
  for (const cells of lines) text += `${cells.map(cellText).join(',')}\n`
  return text
}

/** A cell is quoted where it contains a comma, a quote, a bar or a line end. */
function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell !== 'string') return String(cell)
  const text = cell.replaceAll('\0', '')
  return /[",|\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
