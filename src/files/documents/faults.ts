/** What JSON and YAML allow and a document must not contain. */

/** What is wrong with the text of a document. */
export interface Fault {
  readonly problem: string
  readonly cure: string
  /** The key that the fault is about. */
  readonly field?: string
}

/** The deepest nesting of objects and lists. The formats of this project need less than ten levels. */
export const DEEPEST = 100

export const TOO_DEEP: Fault = {
  problem: `is nested more than ${DEEPEST} levels deep`,
  cure: 'is this the right file?',
}

/** @param others the keys of the same object that stand before it */
export function faultOfKey(key: string, others: ReadonlySet<string>): Fault | undefined {
  if (key === '__proto__') {
    return { field: key, problem: 'is not a name', cure: 'JavaScript reserves it; choose another one' }
  }
  if (!others.has(key)) return undefined
  return { field: key, problem: 'is there twice', cure: 'remove one of them' }
}
