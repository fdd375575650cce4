/** Values that are costly to make, kept while they fit. */
export interface RecentlyUsed<Value> {
  /** The value of a key, made if it is not kept. */
  get(key: string, make: () => Value): Value
}

/** Keeps the values that were used last, up to a total size. A value that is larger than that is not kept. */
export function recentlyUsed<Value>(most: number, sizeOf: (value: Value) => number): RecentlyUsed<Value> {
  const kept = new Map<string, Value>()
  let size = 0
  const forget = (key: string, value: Value) => {
    kept.delete(key)
    size -= sizeOf(value)
  }
  return {
    get(key, make) {
      const found = kept.get(key)
      const value = found ?? make()
      if (found !== undefined) forget(key, found)
      if (sizeOf(value) > most) return value
      // a Map lists its keys in the order in which they were set
      kept.set(key, value)
      size += sizeOf(value)
      for (const [oldest, each] of kept) {
        if (size <= most) break
        forget(oldest, each)
      }
      return value
    },
  }
}
