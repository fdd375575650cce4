import { isDoubles } from '../model/checks.ts'

/** An indented JSON document. Infinity, which JSON does not have, is written as null. */
export function jsonText(value: object): string {
  return `${JSON.stringify(value, withArrays, 2)}\n`
}

/** A replacer for `JSON.stringify`: a typed array would become an object. */
export function withArrays(_key: string, value: unknown): unknown {
  return isDoubles(value) ? Array.from(value) : value
}
