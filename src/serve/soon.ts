/** Does work after what runs now, unless it is cancelled before. */
export function soon(work: () => void): { cancel(): void } {
  const timer = setImmediate(work)
  return { cancel: () => clearImmediate(timer) }
}
