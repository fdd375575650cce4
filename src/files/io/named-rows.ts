/** Reads columns of a CSV file, or fields of lines of JSON objects, by their names, and leaves out rows. */
import { KairosError } from '../../model/errors.ts'
import { differenceOf, type Terms, termsOf } from './column-difference.ts'
import type { CsvOptions } from './csv.ts'
import { readColumns } from './csv-columns.ts'
import { keepingDigits, readRecords } from './json-lines.ts'
import type { JsonObject } from './json-values.ts'
import { parsedText } from './json-words.ts'
import type { ReadOptions } from './open-file.ts'
import { createRowFilter } from './row-filter.ts'

/** Settings of every reader of a file whose columns the caller names; those of a delimiter and a header are for CSV. */
export interface RowOptions extends ReadOptions, Pick<CsvOptions, 'delimiter' | 'header' | 'takesDelimiter'> {
  /** Only rows for which all of these conditions hold are read. */
  readonly where?: readonly string[] | undefined
}

/** How a file was read. */
export interface NamedRowsEnd {
  /** Whether the last line has no line end and its last column is read: the file may be cut inside that number. */
  readonly endsInsideLine: boolean
  /** Rows that are read, those included that are left out. */
  readonly rows: number
  /** Rows for which a condition does not hold. */
  readonly leftOut: number
  /** The columns of the file; of lines of JSON, the fields of the first one. */
  readonly header: readonly string[]
  /** What one of them is called in messages. */
  readonly called: 'column' | 'field'
}

/**
 * @param columns names of columns; `end-start` is the difference of two, unless a column has this name
 * @param onRow receives the cells of `columns`, without spaces around them, and the line of the row. The array may be
 * reused for the next row, and may be longer than `columns`.
 * @throws KairosError NO_FILE; BAD_FILE with line, field and cure, also where a column is missing; BAD_USAGE for a bad
 * condition; the reason of an aborted signal; whatever `onRow` throws
 */
export type ReadNamedRows = (
  file: string,
  columns: readonly string[],
  options: RowOptions,
  onRow: (cells: readonly string[], line: number) => void,
) => Promise<NamedRowsEnd>

export const readCsvRows: ReadNamedRows = async (file, columns, { where, ...reading }, onRow) => {
  const filter = createRowFilter(where)
  const asked = [...columns, ...filter.columns]
  let rows = 0
  let leftOut = 0
  let header: readonly string[] = []
  let terms: readonly Terms[] = []
  const choose = (names: readonly string[]) => {
    header = names
    terms = asked.map((name) => termsOf(name, (column) => names.includes(column)))
    return terms.flat()
  }
  const { endsInsideLine } = await readColumns(file, { ...reading, columns: choose }, (read, line) => {
    rows++
    const cells = read.length === asked.length ? read : cellsOf(terms, read)
    if (filter.admits(cells, columns.length)) onRow(cells, line)
    else leftOut++
  })
  // only a number that is read matters: of another column nothing is lost
  const readsLast = terms.flat().includes(header[header.length - 1])
  return { endsInsideLine: endsInsideLine && readsLast, rows, leftOut, header, called: 'column' }
}

/** The cells of columns and of differences, from the cells of all columns that they need. */
function cellsOf(terms: readonly Terms[], cells: readonly string[]): string[] {
  let next = 0
  return terms.map(({ length }) =>
    length === 1 ? cells[next++] : differenceOf(cells[next++], cells[next++]),
  )
}

/**
 * A field that is null, or missing and not one of `columns`, is empty. `a.b` is the field b of the object a, which may
 * be text: Docker writes the lines of a container as `{"log": "{\"ms\": 4}\n"}`.
 */
export const readJsonRows: ReadNamedRows = async (file, columns, { where, signal, onProgress }, onRow) => {
  const filter = createRowFilter(where)
  const unseen = new Set(filter.columns)
  let rows = 0
  let leftOut = 0
  let first: { readonly line: number; readonly fields: readonly string[] } | undefined
  const example = `{${columns.map((column) => `"${column}": 1`).join(', ')}}`
  const reading = { example, keepsDigits: true, signal, onProgress }
  await readRecords(file, reading, (record, line) => {
    rows++
    first ??= { line, fields: fieldsOf(record) }
    const tested = filter.columns.map((column) => {
      const cell = cellOf(record, column)
      if (cell !== undefined) unseen.delete(column)
      return cell ?? ''
    })
    if (!filter.admits(tested, 0)) {
      leftOut++
      return
    }
    const cells = columns.map((column) => {
      const cell = cellOf(record, column)
      if (cell !== undefined) return cell
      const fields = fieldsOf(record)
      const named = fieldsText('this line', fields)
      const near = fields.find((field) => field.endsWith(`.${column}`))
      const lists = listsWith(record, column).map((path) => `jq -c '${path}'`)
      const cure = near
        ? `did you mean ${near}? ${named}`
        : lists.length > 0
          ? `objects in a list have it: write those of requests as lines by ${lists.slice(0, 5).join(' or ')}`
          : `${named}; leave out lines without it by --where "${column}!="`
      throw new KairosError('BAD_FILE', 'is missing', { file, line, field: column }, cure)
    })
    onRow(cells, line)
  })
  const { line, fields: header } = first!
  for (const field of unseen) {
    const cure = `a condition names it; ${fieldsText(`line ${line}`, header)}`
    throw new KairosError('BAD_FILE', 'no line has this field', { file, field }, cure)
  }
  // a line that was cut is not JSON
  return { endsInsideLine: false, rows, leftOut, header, called: 'field' }
}

/** The text of a field, or of the difference of two; undefined where there is none. */
function cellOf(record: JsonObject, name: string): string | undefined {
  const value = fieldOf(record, name)
  if (value !== undefined) return textOf(value)
  const [first, second] = termsOf(name, (field) => fieldOf(record, field) !== undefined)
  if (second === undefined) return undefined
  return differenceOf(textOf(fieldOf(record, first)), textOf(fieldOf(record, second)))
}

function fieldOf(record: JsonObject, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name]
  const dot = name.indexOf('.')
  const inner = dot < 0 ? undefined : objectIn(fieldOf(record, name.slice(0, dot)))
  return inner && fieldOf(inner, name.slice(dot + 1))
}

/** The paths in jq of the lists of objects that have a field, or the two of a difference. */
function listsWith(record: JsonObject, field: string): string[] {
  return Object.entries(record).flatMap(([name, value]) => {
    const isList = Array.isArray(value)
    const inner: unknown = isList ? value[0] : value
    if (typeof inner !== 'object' || inner === null || !/^[A-Za-z_]\w*$/.test(name)) return []
    const path = `.${name}${isList ? '[]' : ''}`
    const object = inner as JsonObject
    if (isList && cellOf(object, field) !== undefined) return [path]
    return listsWith(object, field).map((deeper) => `${path}${deeper}`)
  })
}

/** The last text that was taken for an object: each column of a line and each condition asks for it. */
let last: { readonly text?: string; readonly object?: JsonObject | undefined } = {}

/** An object, or the one whose JSON a text is. */
function objectIn(value: unknown): JsonObject | undefined {
  if (typeof value === 'object' && value !== null) return value as JsonObject
  if (typeof value !== 'string' || !value.startsWith('{')) return undefined
  if (value !== last.text) last = { text: value, object: parsed(value) }
  return last.object
}

function parsed(text: string): JsonObject | undefined {
  try {
    return JSON.parse(keepingDigits(text))
  } catch {
    return undefined
  }
}

/** The fields of a record for a message; of an object in it, its own fields. */
function fieldsOf(record: JsonObject): string[] {
  return Object.entries(record).flatMap(([name, value]) => {
    const inner = Array.isArray(value) ? [] : Object.keys(objectIn(value) ?? {})
    return inner.length === 0 ? [name] : inner.map((field) => `${name}.${field}`)
  })
}

function fieldsText(owner: string, fields: readonly string[]): string {
  if (fields.length === 0) return `${owner} has no field`
  return `the fields of ${owner} are ${fields.join(', ').slice(0, 200)}`
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value.trim()
  return (value ?? null) === null ? '' : parsedText(value)
}
