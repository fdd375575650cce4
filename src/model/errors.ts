/**
 * The one error of the project. A code never changes its meaning; the message says where (file, line,
 * field), what is wrong, and what would be right, so that it can be printed as it is.
 *
 * Misuse and bad input throw. Outcomes, "nothing is feasible" among them, are values.
 */

/** Stable codes, with what they mean. */
export const ERROR_CODES = {
  BAD_USAGE: 'a flag or an argument of a function is not usable',
  BAD_FILE: 'the content of a file is not what its format asks for',
  NO_FILE: 'a file cannot be opened',
  DISK: 'a disk is full, or fails',
  BAD_ARCHIVE: 'an archive is damaged, hostile, or does not hold what it should',
  BAD_MODEL: 'workload and space do not fit each other',
  TOO_LARGE: 'the question is larger than the engine answers',
  SERVER: 'a live server does not answer, or not as it should',
  ABORTED: 'the caller ended the work',
  KERNEL: 'a kernel met something that must not happen',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

/** Where in somebody's input the trouble is; each part only where it is known. */
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly field?: string
}

export class KairosError extends Error {
  override readonly name = 'KairosError'
  readonly code: ErrorCode
  readonly place: Place
  /** What is wrong, without the place. */
  readonly problem: string
  /** What to do about it, a sentence without a full stop; empty where the message says it all. */
  readonly cure: string

  constructor(code: ErrorCode, problem: string, place: Place = {}, cure = '', options?: ErrorOptions) {
    const message = [[where(place), problem].filter(Boolean).join(': '), cure].filter(Boolean).join('; ')
    super(printable(message), options)
    this.code = code
    this.place = place
    this.problem = problem
    this.cure = cure
  }

  /** The same error with more of its place known. */
  at(place: Place): KairosError {
    return new KairosError(this.code, this.problem, { ...this.place, ...place }, this.cure, { cause: this })
  }
}

function where({ file, line, field }: Place): string {
  const at = [file, line === undefined ? '' : `line ${line}`].filter(Boolean).join(' ')
  return [at, field].filter(Boolean).join(': ')
}

/** One line, and nothing that a terminal would obey: names and values come from other people's files. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
