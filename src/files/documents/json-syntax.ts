/**
 * The grammar of JSON (RFC 8259), checked token by token and without recursion before JSON.parse builds values.
 *
 * JSON.parse tells the position of an error only in a message whose wording depends on the version of Node. It also
 * accepts what a document must not contain: deep nesting, a key that occurs twice, and the key `__proto__`.
 */

import { DEEPEST, type Fault, faultOfKey, TOO_DEEP } from './faults.ts'

/** The first error of a text. */
export interface JsonError extends Fault {
  readonly position: number
  /** Whether the text is not JSON; otherwise it is JSON up to there, but not fit for a document. */
  readonly isSyntax?: boolean
}

type Problem = Omit<JsonError, 'position'>

interface State {
  /** The objects and lists that are open, the innermost last: an object as its keys so far, a list as undefined. */
  readonly open: (Set<string> | undefined)[]
  expected: 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'end'
}

/** White space, and a separator, a string, or a word: a number, true, false or null where the text is JSON. */
const TOKEN = /[ \t\n\r]*([{}[\],:]|"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[^ \t\n\r{}[\],:"]+)/y
const WORD = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)$/

/** @returns undefined where the text is JSON and may be a document */
export function findJsonError(text: string): JsonError | undefined {
  const end = endOf(text)
  const state: State = { open: [], expected: 'value' }
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex
    const token = TOKEN.exec(text)?.[1]
    if (token === undefined) return { ...cutOff('a quote is not closed'), position: text.indexOf('"', from) }
    const fault = take(token, state)
    if (fault) return { ...fault, position: TOKEN.lastIndex - token.length }
  }
  if (state.expected === 'end' && state.open.length === 0) return undefined
  return { ...cutOff(`it ends where ${wanted(state)} is expected`), position: end }
}

/** Takes one token. @returns what is wrong with it */
function take(token: string, state: State): Problem | undefined {
  const { open, expected } = state
  const inObject = open.at(-1) !== undefined
  switch (expected) {
    case ':':
      if (token !== ':') return unexpected(token, state)
      state.expected = 'value'
      return undefined
    case 'end':
      if (token === ',' && open.length > 0) state.expected = inObject ? 'key' : 'value'
      else if (open.length > 0 && token === (inObject ? '}' : ']')) open.pop()
      else return unexpected(token, state)
      return undefined
    case 'key':
    case 'key or }':
      return token === '}' && expected === 'key or }' ? close(state) : takeKey(token, state)
    case 'value':
    case 'value or ]':
      return token === ']' && expected === 'value or ]' ? close(state) : takeValue(token, state)
  }
}

function takeKey(token: string, state: State): Problem | undefined {
  const key = stringOf(token)
  if (key === undefined) return unexpected(token, state)
  const keys = state.open.at(-1)!
  const fault = faultOfKey(key, keys)
  keys.add(key)
  state.expected = ':'
  return fault
}

function takeValue(token: string, state: State): Problem | undefined {
  if (token === '{' || token === '[') {
    if (state.open.length === DEEPEST) return TOO_DEEP
    state.open.push(token === '{' ? new Set() : undefined)
    state.expected = token === '{' ? 'key or }' : 'value or ]'
    return undefined
  }
  if (!WORD.test(token) && stringOf(token) === undefined) return unexpected(token, state)
  state.expected = 'end'
  return undefined
}

/** The end of the last token: trimEnd() would also remove white space that is not JSON's. */
function endOf(text: string): number {
  let end = text.length
  while (end > 0 && ' \t\n\r'.includes(text[end - 1])) end--
  return end
}

function close(state: State): undefined {
  state.open.pop()
  state.expected = 'end'
}

/** The string that a token stands for; undefined where it is not a string of JSON. */
function stringOf(token: string): string | undefined {
  if (!token.startsWith('"')) return undefined
  try {
    return JSON.parse(token)
  } catch {
    // a control character or an unknown escape sequence
    return undefined
  }
}

function unexpected(token: string, state: State): Problem {
  const shown = token.length > 40 ? `${token.slice(0, 37)}...` : token
  const problem = `is not JSON: ${shown} stands where ${wanted(state)} is expected`
  return { isSyntax: true, problem, cure: 'correct it, or name the file .yaml if it is YAML' }
}

function cutOff(problem: string): Problem {
  return { isSyntax: true, problem: `is not JSON: ${problem}`, cure: 'is the file cut off? Make it again' }
}

function wanted({ open, expected }: State): string {
  const end = open.at(-1) ? '}' : ']'
  switch (expected) {
    case 'value':
      return 'a value'
    case 'value or ]':
      return 'a value or ]'
    case 'key':
      return 'a key in double quotes'
    case 'key or }':
      return 'a key in double quotes or }'
    case ':':
      return 'a colon'
    case 'end':
      return open.length === 0 ? 'the end of the file' : `a comma or ${end}`
  }
}
