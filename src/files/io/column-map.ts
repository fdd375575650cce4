import { refusedOption } from './refused-option.ts'

/**
 * Parses `<key>=<column>,size=<column>`, in any order, the size optional.
 *
 * @throws KairosError BAD_USAGE
 */
export function parseColumnMap<Key extends string>(
  text: string,
  key: Key,
): Readonly<Record<Key, string>> & { readonly size: string | undefined } {
  const pairs = text.split(new RegExp(`,(?=(?:${key}|size)=)`)).map((pair) => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()] as const
  })
  const map = new Map(pairs)
  const isKnown = pairs.every(([name, column]) => (name === key || name === 'size') && column !== '')
  if (!map.has(key) || !isKnown || map.size < pairs.length) {
    throw refusedOption('map', text, `expected ${key}=<column>,size=<column>`)
  }
  return { [key]: map.get(key), size: map.get('size') } as Record<Key, string> & { size: string | undefined }
}
