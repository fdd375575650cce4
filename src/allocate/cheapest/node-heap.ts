/** A binary heap: the item of the least key first. */
export interface Heap<T> {
  readonly size: number
  /** The least key; Infinity where the heap is empty. */
  readonly least: number
  push(key: number, item: T): void
  pop(): T | undefined
}

export function heap<T>(): Heap<T> {
  const keys: number[] = []
  const items: T[] = []
  const place = (at: number, key: number, item: T) => {
    keys[at] = key
    items[at] = item
  }
  return {
    get size() {
      return keys.length
    },
    get least() {
      return keys.length > 0 ? keys[0] : Infinity
    },
    push: (key, item) => {
      let at = keys.length
      while (at > 0) {
        const above = (at - 1) >> 1
        if (keys[above] <= key) break
        place(at, keys[above], items[above])
        at = above
      }
      place(at, key, item)
    },
    pop: () => {
      const first = items[0]
      const key = keys.pop()
      const item = items.pop()
      if (key === undefined || keys.length === 0) return item
      let at = 0
      for (;;) {
        let below = 2 * at + 1
        if (below >= keys.length) break
        if (below + 1 < keys.length && keys[below + 1] < keys[below]) below++
        if (keys[below] >= key) break
        place(at, keys[below], items[below])
        at = below
      }
      place(at, key, item as T)
      return first
    },
  }
}
