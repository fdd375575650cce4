import { refuseUsage } from '../../model/errors.ts'

/**
 * Parses `<key>=<column>,size=<column>`, in any order. `key` is required, `optional` keys are not.
 *
 * @throws KairosError BAD_USAGE
 */
export function parseColumnMap<Key extends string, Optional extends string>(
  text: string,
  key: Key,
  optional: readonly Optional[],
): Readonly<Record<Key, string> & Partial<Record<Optional, string>>> {
  const keys: readonly string[] = [key, ...optional]
  const pairs = text.split(new RegExp(`,(?=(?:${keys.join('|')})=)`)).map((pair) => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()] as const
  })
  const map = new Map(pairs)
  // a column may contain commas, but `sizes=n` after one is a key that does not exist
  const isKnown = pairs.every(
    ([name, column]) => keys.includes(name) && column !== '' && !/,[a-z]+=/.test(column),
  )
  if (!map.has(key) || !isKnown || map.size < pairs.length) {
    refuseUsage('map', `is "${text}"`, `expected ${keys.map((each) => `${each}=<column>`).join()}`)
  }
  const twice = pairs.find(([, column], i) => pairs.findIndex((other) => other[1] === column) < i)
  if (twice !== undefined)
    refuseUsage('map', `is "${text}"`, `"${twice[1]}" is there twice: name each column once`)
  return Object.fromEntries(map) as Record<Key, string> & Partial<Record<Optional, string>>
}
