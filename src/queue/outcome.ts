/** What a worker answers: a result, or an error that every worker would meet, because it depends on the job alone. */
import { type ErrorCode, type ErrorParts, errorOf, KairosError, partsOf } from '../model/errors.ts'
import { pack, unpack } from './pack.ts'

type Outcome<Result> = { readonly result: Result } | { readonly error: ErrorParts }

/** Errors of the job itself. Others, such as a full disk, may be those of one machine: such a job is tried again. */
const OF_THE_JOB: ReadonlySet<ErrorCode> = new Set(['BAD_USAGE', 'BAD_MODEL', 'TOO_LARGE'])

/** Packs what a job returns or throws. @throws errors that are not those of the job */
export async function outcomeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    return pack({ result: await work() })
  } catch (error) {
    if (!(error instanceof KairosError && OF_THE_JOB.has(error.code))) throw error
    return pack({ error: partsOf(error) })
  }
}

/** @throws the error of a job */
export function resultOf<Result>(text: string): Result {
  const outcome = unpack(text) as Outcome<Result>
  if ('result' in outcome) return outcome.result
  throw errorOf(outcome.error)
}
