/** Counts of instances as flags give them: by type, by position, or in a file. */
import { InvalidArgumentError } from 'commander'
import { partsByType } from './by-type.ts'
import { wholeNumber } from './parse.ts'

/** Numbers by position; or a text: `TYPE=COUNT,...`, or the path of a file of counts. */
export type CountsFlag = readonly number[] | string

const MOST = 1e6

/**
 * Parses the value of a flag of counts. A text stays a text, so that a saved config.json repeats what was typed.
 *
 * @throws InvalidArgumentError for a count that is no whole number, or a type that is counted twice
 */
export function parseCounts(text: string): CountsFlag {
  if (isByType(text)) {
    countsByType(text)
    return text
  }
  const isByPosition = text.includes(',') || Number.isFinite(Number(text))
  return isByPosition ? text.split(',').map(wholeNumber(0, MOST)) : text
}

/** Whether a text is `TYPE=COUNT,...` and not a path. A count at the end decides: types may look like paths. */
export function isByType(text: string): boolean {
  if (/=\s*\d+\s*$/.test(text)) return true
  return text.includes('=') && !/[\\/]|\.(json|ya?ml)$/i.test(text)
}

/** The counts of such a text. @throws InvalidArgumentError */
export function countsByType(text: string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const part of partsByType(text)) {
    const [name, count, ...rest] = part.split('=').map((each) => each.trim())
    if (!name || count === undefined || rest.length > 0) {
      throw new InvalidArgumentError(`"${part}" is not TYPE=COUNT, such as g4dn.xlarge=2.`)
    }
    if (counts.has(name)) throw new InvalidArgumentError(`${name} is counted twice.`)
    counts.set(name, wholeNumber(0, MOST)(count))
  }
  return counts
}
