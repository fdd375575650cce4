/** Parts of JSON of others, of which only what is needed is checked. */
import { KairosError } from '../../model/errors.ts'
import { findNonFinite, WRITE_NULL } from './json-words.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** @throws KairosError BAD_FILE where the text is not an object in JSON */
export function parseObject(file: string, text: string, line?: number): JsonObject {
  const place = { file, ...(line !== undefined && { line }) }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const word = findNonFinite(text)
    if (word !== undefined) throw new KairosError('BAD_FILE', `has ${word}`, place, WRITE_NULL)
    throw new KairosError('BAD_FILE', 'is not JSON', place, 'was it written to the end?', { cause: error })
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

export function refuseJson(file: string, expected: string, line?: number): never {
  const place = { file, ...(line !== undefined && { line }) }
  throw new KairosError('BAD_FILE', `lacks ${expected}`, place, 'is this a file of this format?')
}
