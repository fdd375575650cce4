/** Values that are read while others may be asked for: an older one never replaces a newer one. */
export interface Newest<Value> {
  /** Whether nothing is being read. */
  isIdle(): boolean
  /** @returns the value that is read; undefined where a newer one was returned before */
  read(reading: Promise<Value | undefined>): Promise<Value | undefined>
}

export function createNewest<Value>(): Newest<Value> {
  let reads = 0
  let newest = 0
  let open = 0
  return {
    isIdle: () => open === 0,
    async read(reading) {
      const read = ++reads
      open++
      const value = await reading.finally(() => open--)
      if (value === undefined || read < newest) return undefined
      newest = read
      return value
    },
  }
}
