import { KairosError } from '../../../model/errors.ts'
import type { ImportRequest } from './latency-format.ts'

/** The name of the requests asked for, or the only one of a file. @throws KairosError BAD_USAGE; BAD_FILE for none */
export function onlyName({ file, name }: ImportRequest, found: Iterable<string>): string {
  const names = [...new Set(found)]
  if (names.length === 0) {
    const cure = 'is this the right file, and was it written to the end?'
    throw new KairosError('BAD_FILE', 'has no request', { file }, cure)
  }
  if (name === undefined && names.length === 1) return names[0]
  if (name !== undefined && names.includes(name)) return name
  const problem = name === undefined ? 'has several requests' : `has no request "${name}"`
  const cure = `choose one by --name: ${names.slice(0, 10).join(', ')}`
  throw new KairosError('BAD_USAGE', problem, { file }, cure)
}
