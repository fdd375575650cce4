import { inspect } from 'node:util'
import { KairosError, type Place } from '../../model/errors.ts'
import { lineAt, readText } from '../io/text.ts'
import { keysIn, keysWritten, type Path, pathOfPrototype } from './document-keys.ts'
import type { Documents } from './schemas.ts'

/** A JSON or YAML file. */
export interface Document<Value = unknown> {
  readonly file: string
  readonly text: string
  readonly value: Value
}

/** Thousands of servers fit. */
const MOST_BYTES = 4 << 20

/**
 * Reads a JSON or YAML file; a file named .json has to be JSON.
 *
 * @throws KairosError NO_FILE; BAD_FILE with the line where it is neither
 */
export async function openDocument(file: string): Promise<Document> {
  const text = await readText(file, MOST_BYTES)
  if (/\.ya?ml$/i.test(file)) return { file, text, value: await parseYaml(file, text) }
  try {
    const value: unknown = JSON.parse(text)
    // JSON takes a key that is there twice; YAML says where it is
    if (keysIn(value) !== keysWritten(text)) await parseYaml(file, text)
    return { file, text, value }
  } catch (error) {
    if (error instanceof KairosError) throw error
    if (!/\.json$/i.test(file)) return { file, text, value: await parseYaml(file, text) }
    const { message } = error as Error
    const at = /position (\d+)/.exec(message)
    const end = at === null && message.includes('end of JSON')
    const place =
      at || end ? { file, line: lineAt(text, at ? Number(at[1]) : text.trimEnd().length) } : { file }
    throw new KairosError(
      'BAD_FILE',
      `is not JSON: ${message}`,
      place,
      end ? 'it is cut off: make it again' : 'correct it, or name it .yaml if it is YAML',
    )
  }
}

/**
 * Checks a document against the schema of its format.
 *
 * @throws KairosError BAD_FILE with line, field, cause and cure of the first thing that is wrong
 */
export async function checkDocument<Name extends keyof Documents>(
  document: Document,
  name: Name,
): Promise<Documents[Name]> {
  const { schemas } = await import('./schemas.ts')
  const prototype = pathOfPrototype(document.value)
  if (prototype !== undefined) {
    const place = await placeOf(document, prototype)
    throw new KairosError(
      'BAD_FILE',
      'is no name',
      place,
      'JavaScript keeps it for itself; choose another one',
    )
  }
  const result = schemas[name].safeParse(document.value)
  if (result.success) return result.data as Documents[Name]
  const { issues } = result.error
  // a misspelt key explains the missing one
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys
    const place = await placeOf(document, [...issue.path, key])
    throw new KairosError('BAD_FILE', 'is not a key of this format', place, issue.message)
  }
  const place = await placeOf(document, issue.path)
  throw new KairosError(
    'BAD_FILE',
    shown(valueAt(document.value, issue.path)),
    place,
    `expected ${issue.message}`,
  )
}

/** The file, line and field of a path; where the path ends nowhere, the line of what should hold it. */
export async function placeOf({ file, text }: Document, path: Path): Promise<Place> {
  const { isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml')
  // JSON is YAML, and this parser remembers where things are
  const lineCounter = new LineCounter()
  let node: unknown = parseDocument(text, { lineCounter }).contents
  let start = (node as { range?: [number] } | null)?.range?.[0] ?? 0
  for (const key of path) {
    let next: unknown
    if (isSeq(node)) next = node.items[Number(key)]
    const pair = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      : undefined
    if (pair) next = pair.value
    const holder = (pair?.key ?? next) as { range?: [number] } | null | undefined
    if (!holder) break
    start = holder.range?.[0] ?? start
    node = next
  }
  const place = { file, line: lineCounter.linePos(start).line }
  return path.length === 0 ? place : { ...place, field: fieldOf(path) }
}

/** types[2].pricePerHour; keys that are not plain words go in quotes. */
function fieldOf(path: Path): string {
  let field = ''
  for (const key of path) {
    if (typeof key === 'number') field += `[${key}]`
    else if (/^[\w-]+$/.test(String(key))) field += `${field && '.'}${String(key)}`
    else field += `["${String(key)}"]`
  }
  return field
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value)
}

function shown(value: unknown): string {
  if (value === undefined) return 'is missing'
  // inspect also shows NaN, and a list that YAML's aliases put into itself
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true })
  return `is ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`
}

async function parseYaml(file: string, text: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('yaml')
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const [error] = document.errors
  if (error) {
    const { line } = lineCounter.linePos(error.pos[0])
    if (error.code === 'DUPLICATE_KEY') {
      const key = /^[^:\n]*/.exec(text.slice(error.pos[0]))?.[0].trim().replaceAll('"', '') ?? ''
      throw new KairosError('BAD_FILE', 'is there twice', { file, line, field: key }, 'remove one of them')
    }
    throw new KairosError('BAD_FILE', `is not YAML: ${error.message}`, { file, line }, 'correct it')
  }
  try {
    return document.toJS()
  } catch (cause) {
    throw new KairosError(
      'BAD_FILE',
      `is not usable YAML: ${(cause as Error).message}`,
      { file },
      'correct it',
    )
  }
}
