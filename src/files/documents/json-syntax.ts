/**
 * The first error in a JSON text, found before JSON.parse builds values.
 *
 * JSON.parse tells the position of an error only in a message whose wording depends on the version of Node. It also
 * accepts what a document must not contain: deep nesting, a key that occurs twice, and the key `__proto__`.
 */
import { printParseErrorCode, visit } from 'jsonc-parser'
import { DEEPEST, type Fault, faultOfKey, TOO_DEEP } from './faults.ts'

export interface JsonError extends Fault {
  readonly position: number
  /** Whether the text is not JSON; otherwise it is JSON up to there, but not fit for a document. */
  readonly isSyntax?: boolean
}

/** Ends the visit of a text, which may be nested a million levels deep. */
class FirstError extends Error {
  constructor(readonly found: JsonError) {
    super()
  }
}

type ErrorName = ReturnType<typeof printParseErrorCode>

/** What is expected where something else stands. Otherwise it is a comma, or the end of the object or list. */
const EXPECTED: { readonly [name in ErrorName]?: string } = {
  // the parser leaves an object or list before it says that its end is missing
  CloseBraceExpected: 'a comma or }',
  CloseBracketExpected: 'a comma or ]',
  PropertyNameExpected: 'a key in double quotes',
  ValueExpected: 'a value',
  ColonExpected: 'a colon',
  EndOfFileExpected: 'the end of the file',
}

/** What is wrong with a part of the text that is never JSON. */
const INVALID: { readonly [name in ErrorName]?: string } = {
  InvalidSymbol: 'is neither text in double quotes, a number, true, false nor null',
  InvalidNumberFormat: 'is no number',
  InvalidCommentToken: 'is a comment',
  UnexpectedEndOfString: 'lacks its second quote on the same line',
  UnexpectedEndOfNumber: 'is half a number',
  InvalidUnicode: 'has an escape sequence that is not JSON',
  InvalidEscapeCharacter: 'has an escape sequence that is not JSON',
  InvalidCharacter: 'has a control character, such as a tab: write it as an escape sequence',
}

/** @returns undefined where the text is JSON and may be a document */
export function findJsonError(text: string): JsonError | undefined {
  /** Whether a key comes next. */
  let isKeyDue = false
  /** The objects and lists that are open, the innermost last. */
  const open: { readonly end: '}' | ']'; readonly keys: Set<string> }[] = []
  const enter = (end: '}' | ']', position: number) => {
    isKeyDue = end === '}'
    if (open.push({ end, keys: new Set() }) > DEEPEST) throw new FirstError({ ...TOO_DEEP, position })
  }
  const leave = () => {
    isKeyDue = false
    open.pop()
  }
  try {
    visit(
      text,
      {
        onObjectBegin: (position) => enter('}', position),
        onObjectEnd: leave,
        onArrayBegin: (position) => enter(']', position),
        onArrayEnd: leave,
        onSeparator(character) {
          isKeyDue = character === ',' && open.at(-1)?.end === '}'
        },
        onObjectProperty(key, position) {
          const { keys } = open[open.length - 1]
          const fault = faultOfKey(key, keys)
          if (fault) throw new FirstError({ ...fault, position })
          keys.add(key)
        },
        onError(code, position, length) {
          const found = printParseErrorCode(code)
          // the parser reports an unknown word before it says that it expects a key
          const name = isKeyDue && found === 'InvalidSymbol' ? 'PropertyNameExpected' : found
          throw new FirstError(syntaxError(text, name, position, length, open.at(-1)?.end))
        },
      },
      { disallowComments: true },
    )
    return undefined
  } catch (error) {
    if (error instanceof FirstError) return error.found
    throw error
  }
}

function syntaxError(
  text: string,
  name: ErrorName,
  position: number,
  length: number,
  end: string | undefined,
): JsonError {
  const invalid = INVALID[name]
  const expected = EXPECTED[name] ?? `a comma or ${end}`
  const isCutOff = position + length === text.length
  if (isCutOff && (length === 0 || name === 'UnexpectedEndOfString' || name === 'UnexpectedEndOfNumber')) {
    const where = invalid === undefined ? `where ${expected} is expected` : 'inside a text or number'
    return {
      position: text.trimEnd().length,
      isSyntax: true,
      problem: `is not JSON: it ends ${where}`,
      cure: 'is the file cut off? Make it again',
    }
  }
  const part = text.slice(position, position + length)
  const shown = part.length > 40 ? `${part.slice(0, 37)}...` : part
  return {
    position,
    isSyntax: true,
    problem: `is not JSON: ${shown} ${invalid ?? `stands where ${expected} is expected`}`,
    cure: 'correct it, or name the file .yaml if it is YAML',
  }
}
