import { inspect } from 'node:util'
import type { ZodType, z } from 'zod'
import { KairosError, type Place } from '../../model/errors.ts'
import { parseDecimal } from '../io/decimal.ts'
import { lineAt, readText } from '../io/text.ts'
import { findJsonError } from './json-syntax.ts'
import { fieldOf, type Path, parseYaml, placeInYaml, plainValue, type YamlTree } from './yaml.ts'

/** A JSON or YAML file. */
export interface Document<Value = unknown> {
  readonly file: string
  readonly text: string
  readonly value: Value
  /** The nodes of YAML. Those of JSON are parsed when a place is asked for. */
  readonly tree?: YamlTree
}

/** Ten thousand servers fit in either. Parsing a MiB takes about 1 s in YAML and 0.05 s in JSON. */
const MOST_BYTES = 4 << 20
const MOST_YAML_CHARACTERS = 1 << 20

/**
 * Reads a file that is JSON or YAML. One that is named .json must be JSON.
 *
 * @throws KairosError NO_FILE; BAD_FILE with line and cure; TOO_LARGE
 */
export async function openDocument(file: string): Promise<Document> {
  const text = await readText(file, MOST_BYTES)
  const error = findJsonError(text)
  if (error === undefined) return { file, text, value: JSON.parse(text) }
  if (error.isSyntax && !/\.json$/i.test(file)) {
    if (text.length > MOST_YAML_CHARACTERS) {
      const problem = `is YAML of more than ${MOST_YAML_CHARACTERS >> 20} MiB`
      throw new KairosError('TOO_LARGE', problem, { file }, 'write it as JSON, which may be larger')
    }
    const tree = await parseYaml(file, text)
    return { file, text, value: plainValue(file, tree), tree }
  }
  const { field, problem, position, cure } = error
  const place = { file, line: lineAt(text, position), ...(field !== undefined && { field }) }
  throw new KairosError('BAD_FILE', problem, place, cure)
}

/** The functions that make schemas. They load zod, so files of formats import only their type. */
export type Fields = typeof import('./fields.ts')

/** Builds the schema of a format. */
export type Schema = (fields: Fields) => ZodType

/** What a document holds that a schema accepts. */
export type Checked<Of extends Schema> = z.infer<ReturnType<Of>>

/**
 * Checks a document against the schema of its format.
 *
 * @throws KairosError BAD_FILE with line, field, cause and cure of the first fault
 */
export async function checkDocument<Of extends Schema>(document: Document, schema: Of): Promise<Checked<Of>> {
  const fault = await faultIn(document.value, schema)
  if (fault === undefined) return document.value as Checked<Of>
  throw await faultAt(document, fault.path, fault.problem, fault.cure)
}

/**
 * A value as the text of a document, which the reader of its format accepts.
 *
 * @throws KairosError BAD_MODEL with field, cause and cure of the first fault
 */
export async function documentText(value: unknown, schema: Schema, indent: number): Promise<string> {
  const fault = await faultIn(value, schema)
  if (fault === undefined) return JSON.stringify(value, null, indent)
  throw new KairosError('BAD_MODEL', fault.problem, { field: fieldOf(fault.path) }, fault.cure)
}

/** What a schema refuses first in a value. */
async function faultIn(value: unknown, schema: Schema) {
  const result = schema(await import('./fields.ts')).safeParse(value)
  if (result.success) return undefined
  const { issues } = result.error
  // a misspelt key explains the missing one
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]
  if (issue.code === 'unrecognized_keys') {
    const path = [...issue.path, issue.keys[0]]
    return { path, problem: 'is not a key of this format', cure: issue.message }
  }
  const found = valueAt(value, issue.path)
  const isQuoted = issue.code === 'invalid_type' && issue.expected === 'number' && isNumberText(found)
  const cure = `expected ${issue.message}${isQuoted ? '; write the number without quotes' : ''}`
  return { path: issue.path, problem: shown(found), cure }
}

function isNumberText(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(parseDecimal(value))
}

/** The file, line and field of a value, or of the object that lacks it. */
export async function placeOf({ file, text, tree }: Document, path: Path): Promise<Place> {
  return { file, ...(await placeInYaml(tree ?? (await parseYaml(file, text)), path)) }
}

/** The error for a value of a document. */
export async function faultAt(
  document: Document,
  path: Path,
  problem: string,
  cure: string,
): Promise<KairosError> {
  return new KairosError('BAD_FILE', problem, await placeOf(document, path), cure)
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value)
}

function shown(value: unknown): string {
  if (value === undefined) return 'is missing'
  // JSON.stringify turns NaN into null and fails where an alias of YAML puts a list into itself
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { breakLength: Infinity, compact: true })
  return `is ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`
}
