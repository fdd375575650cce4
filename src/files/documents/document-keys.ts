/** The keys of JSON and YAML documents: what parsers take without a word, and readers do not. */

/** The keys and positions that lead to a value. */
export type Path = readonly PropertyKey[]

/** Where a value has the one key that objects cannot hold as others. */
export function pathOfPrototype(value: unknown): Path | undefined {
  for (const { object, step } of objectsIn(value)) {
    if (!Object.hasOwn(object, '__proto__')) continue
    const path: PropertyKey[] = ['__proto__']
    for (let at = step; at !== undefined; at = at.above) path.unshift(at.key)
    return path
  }
  return undefined
}

/** How many keys an object has, with those of the objects in it. */
export function keysIn(value: unknown): number {
  let keys = 0
  for (const { object } of objectsIn(value)) if (!Array.isArray(object)) keys += Object.keys(object).length
  return keys
}

/** A key that leads to a value, and the one above it. */
interface Step {
  readonly key: PropertyKey
  readonly above: Step | undefined
}

/** The objects and lists in a value, each once and however deep: aliases of YAML may lead in a circle. */
function* objectsIn(value: unknown): Generator<{ object: object; step: Step | undefined }> {
  const seen = new Set<unknown>()
  const left: { object: unknown; step: Step | undefined }[] = [{ object: value, step: undefined }]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { object, step } = next
    if (typeof object !== 'object' || object === null || seen.has(object)) continue
    seen.add(object)
    yield { object, step }
    for (const [key, inside] of Object.entries(object))
      left.push({ object: inside, step: { key, above: step } })
  }
}

/** How many keys stand in a JSON text: strings before a colon. */
export function keysWritten(text: string): number {
  let keys = 0
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (colon !== undefined) keys++
  return keys
}
