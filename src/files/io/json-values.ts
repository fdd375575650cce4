/** Parts of JSON of others, of which only what is needed is checked. */
import { KairosError } from '../../model/errors.ts'
import { noJson } from './json-words.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** @throws KairosError BAD_FILE where the text is not an object in JSON */
export function parseObject(file: string, text: string, line?: number): JsonObject {
  const place = { file, ...(line !== undefined && { line }) }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw noJson(text, place, error)
  }
  const object = objectOf(value)
  if (object !== undefined) return object
  throw new KairosError('BAD_FILE', 'is not an object in JSON', place, 'is this a file of this format?')
}

export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined
}

export function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** Refuses the value of a field: it is missing where it is undefined, else it is of another kind. */
export function refuseJson(
  file: string,
  field: string,
  value: unknown,
  expected: string,
  line?: number,
): never {
  const place = { file, ...(line !== undefined && { line }) }
  if (value === undefined) {
    throw new KairosError('BAD_FILE', `lacks ${field}`, place, 'is this a file of this format?')
  }
  const text = JSON.stringify(value)
  const problem = `is ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`
  throw new KairosError('BAD_FILE', problem, { ...place, field }, `expected ${expected}`)
}
