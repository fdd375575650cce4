import { KairosError } from '../../model/errors.ts'

export function refusedOption(field: string, value: string, cure: string): KairosError {
  return new KairosError('BAD_USAGE', `is "${value}"`, { field }, cure)
}
