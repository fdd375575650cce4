/**
 * The one error of the project. A code never changes its meaning. The message gives the place (file, line,
 * field), the problem and the cure, so that it can be printed as it is.
 *
 * Misuse and bad input throw. Outcomes are values; "nothing is feasible" is one of them.
 */

/** The stable codes: what each means, and what to do about it. docs/errors.md is generated from this table. */
export const ERROR_CODES = {
  BAD_USAGE: {
    meaning: 'A flag, or an argument of a function, is missing, out of range, or contradicts another one.',
    cure: 'Change the flag or argument that the message names; `kairos-wasm <command> --help` lists what is allowed.',
  },
  BAD_FILE: {
    meaning: 'The content of a file does not follow its format.',
    cure: 'Correct the line and field that the message names; `kairos-wasm schema <format>` prints the schema of a document.',
  },
  NO_FILE: {
    meaning: 'A file does not exist or cannot be opened.',
    cure: 'Check the path and the permissions; a shipped workload or space is named without a path.',
  },
  DISK: {
    meaning: 'The disk is full or faulty, or too many files are open.',
    cure: 'Remove the cause and run the command again; files are written whole or not at all.',
  },
  BAD_ARCHIVE: {
    meaning: 'An archive is damaged, is unsafe to unpack, or lacks an expected file.',
    cure: 'Download the archive again, or import the unpacked folder.',
  },
  BAD_MODEL: {
    meaning:
      'A workload, space, trace, configuration or result is invalid, or two of them do not fit together.',
    cure: 'Correct the field that the message names; every type of the space must be in the latency table.',
  },
  TOO_LARGE: {
    meaning: 'The problem exceeds a size limit of the engine.',
    cure: 'Reduce what the message names: fewer rows, types, instances or queries.',
  },
  SERVER: {
    meaning: 'A live server does not answer, or its answer is not what the protocol requires.',
    cure: 'Check that the server runs at the address in the message and serves the model; then try again.',
  },
  QUEUE: {
    meaning:
      'The server of a queue of jobs cannot be reached or refuses a command, or jobs failed on their workers.',
    cure: 'Remove the cause that the message names and run the command again: results that are there are found, not computed again.',
  },
  ABORTED: {
    meaning:
      'The work was interrupted, such as by Ctrl-C. A function whose AbortSignal is aborted rejects with its reason instead.',
    cure: 'Nothing is wrong. Run it again for the complete result.',
  },
  KERNEL: {
    meaning: 'A kernel met a state that must not occur.',
    cure: 'This is a defect of kairos-wasm: report it with the command and its input files.',
  },
} as const satisfies Readonly<Record<string, { readonly meaning: string; readonly cure: string }>>

/** A stable code of `ERROR_CODES`. */
export type ErrorCode = keyof typeof ERROR_CODES

/** Where in the input the problem is. A part that is not known is absent. */
export interface Place {
  readonly file?: string
  readonly line?: number
  readonly field?: string
}

/** Every error that the package throws on purpose. The message holds place, problem and cure. */
export class KairosError extends Error {
  override readonly name = 'KairosError'
  readonly code: ErrorCode
  readonly place: Place
  /** The problem without its place. */
  readonly problem: string
  /** What to do about it: a sentence without a full stop, or an empty string. */
  readonly cure: string

  /** @param options its type is written out: that of the language needs ES2022, which programs may not compile for */
  constructor(
    code: ErrorCode,
    problem: string,
    place: Place = {},
    cure = '',
    options?: { readonly cause?: unknown },
  ) {
    const message = [[where(place), problem].filter(Boolean).join(': '), cure].filter(Boolean).join('; ')
    super(printable(message), options)
    this.code = code
    this.place = place
    this.problem = problem
    this.cure = cure
  }

  /** A copy of this error with more of its place. */
  at(place: Place): KairosError {
    // through a function: a bundler renames a class that refers to itself, and prints of an error show the new name
    return errorOf({ ...partsOf(this), place: { ...this.place, ...place } }, { cause: this })
  }
}

/** An error as plain data: between threads and machines an error would lose its class and its code. */
export type ErrorParts = Pick<KairosError, 'code' | 'problem' | 'place' | 'cure'>

export function partsOf({ code, problem, place, cure }: KairosError): ErrorParts {
  return { code, problem, place, cure }
}

export function errorOf({ code, problem, place, cure }: ErrorParts, options?: ErrorOptions): KairosError {
  return new KairosError(code, problem, place, cure, options)
}

/** What work returns. An error that it throws gets more of its place. */
export function placedAt<Result>(place: Place, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw error instanceof KairosError ? error.at(place) : error
  }
}

/** @throws KairosError BAD_USAGE for an option or an argument */
export function refuseUsage(field: string, problem: string, cure: string): never {
  throw new KairosError('BAD_USAGE', problem, { field }, cure)
}

/** @throws KairosError BAD_MODEL for a field of a workload, a space, a trace or other domain data */
export function refuseModel(field: string, problem: string, cure: string): never {
  throw new KairosError('BAD_MODEL', problem, { field }, cure)
}

/** @throws KairosError TOO_LARGE for a field of an input that exceeds a limit */
export function refuseLarge(field: string, problem: string, cure: string): never {
  throw new KairosError('TOO_LARGE', problem, { field }, cure)
}

function where({ file, line, field }: Place): string {
  const at = [file, line === undefined ? '' : `line ${line}`].filter(Boolean).join(' ')
  return [at, field].filter(Boolean).join(': ')
}

/** Scripts in which a joiner (U+200C, U+200D) changes the shape of the letters beside it: Arabic and Indic ones. */
const JOINING =
  '[\\p{sc=Arab}\\p{sc=Deva}\\p{sc=Beng}\\p{sc=Guru}\\p{sc=Gujr}\\p{sc=Orya}\\p{sc=Taml}\\p{sc=Telu}\\p{sc=Knda}\\p{sc=Mlym}\\p{sc=Sinh}]'

/** A joiner that is seen: inside a word of these scripts, or between two emoji. */
const JOINER = `(?<=${JOINING})[\\u200c\\u200d](?=${JOINING})|(?<=[\\p{ExtPict}\\p{EMod}\\ufe0f])\\u200d(?=\\p{ExtPict})`

/**
 * Characters that control a terminal, reorder a line or are not visible: controls, formats, separators, and all spaces
 * but the usual one and that of Japanese and Chinese, U+3000.
 */
const HIDDEN = new RegExp(`(?![ \\u3000]|${JOINER})[\\p{Cc}\\p{Cf}\\p{Z}]`, 'gu')

/** A word longer than any path, by its start and its end. Looked for where words begin, not at each letter. */
const LONG_WORD = /(?<!\S)(\S{200})\S{4000,}(\S{20})/gu

/**
 * A text of one line as it may be printed: names and values come from files and must not control a terminal, two that
 * differ must not look the same, and a long one must not hide the rest.
 */
function printable(text: string): string {
  return text.replace(LONG_WORD, '$1...$2').replace(HIDDEN, (hidden) => {
    const code = hidden.codePointAt(0)!
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}

/** A text of several lines as it may be printed. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
