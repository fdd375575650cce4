/** Values that are read while others may be asked for: an older one never replaces a newer one. */
export function createNewest<Value>() {
  let reads = 0
  let newest = 0
  let open = 0
  return {
    /** Whether nothing is being read. */
    isIdle: () => open === 0,
    /** @returns the value that is read; undefined where a newer one was returned before */
    async read(reading: Promise<Value | undefined>): Promise<Value | undefined> {
      const read = ++reads
      open++
      const value = await reading.finally(() => open--)
      if (value === undefined || read < newest) return undefined
      newest = read
      return value
    },
  }
}
