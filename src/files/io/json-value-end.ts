/** Where a value of JSON ends whose text arrives in pieces. */

/** Codes of characters. */
const QUOTE = 34
const COMMA = 44
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN = 123
const CLOSE = 125

/** How far a value has been read. */
export interface OpenValue {
  /** Brackets that are open. */
  nesting: number
  inString: boolean
  /** Whether a backslash stands before the next character. */
  escaped: boolean
}

export const noValue = (): OpenValue => ({ nesting: 0, inString: false, escaped: false })

/**
 * Reads on in a value, which may be a key.
 *
 * @param from where the value starts, or goes on, in this piece
 * @returns the position after the value, which is that of the comma or bracket after a number or word; -1 where the
 * value goes on in the next piece
 */
export function endOfValue(value: OpenValue, piece: string, from: number): number {
  for (let i = from; i < piece.length; i++) {
    const code = piece.charCodeAt(i)
    if (value.inString) {
      if (value.escaped) value.escaped = false
      else if (code === BACKSLASH) value.escaped = true
      else if (code === QUOTE) {
        value.inString = false
        if (value.nesting === 0) return i + 1
      }
    } else if (code === QUOTE) value.inString = true
    else if (code === OPEN || code === OPEN_LIST) value.nesting++
    else if (code === CLOSE || code === CLOSE_LIST) {
      if (value.nesting === 0) return i
      if (--value.nesting === 0) return i + 1
    } else if (code === COMMA && value.nesting === 0) return i
  }
  return -1
}
