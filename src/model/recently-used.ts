/** Values that are costly to make, kept while they fit. */
interface RecentlyUsed<Value> {
  /** The value of a key, made if it is not kept. */
  get(key: string, make: () => Value): Value
  forget(key: string): void
}

/** Keeps the values that were used last, up to a total size of `most`. A value that is larger than that is not kept. */
export function recentlyUsed<Value>(most: number, sizeOf: (value: Value) => number): RecentlyUsed<Value> {
  const kept = new Map<string, Value>()
  let size = 0
  const forget = (key: string) => {
    const value = kept.get(key)
    if (value !== undefined && kept.delete(key)) size -= sizeOf(value)
  }
  return {
    forget,
    get(key, make) {
      const value = kept.get(key) ?? make()
      forget(key)
      if (sizeOf(value) > most) return value
      // a Map lists its keys in the order in which they were set
      kept.set(key, value)
      size += sizeOf(value)
      for (const oldest of kept.keys()) {
        if (size <= most) break
        forget(oldest)
      }
      return value
    },
  }
}
