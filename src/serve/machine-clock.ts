/** Milliseconds on the monotonic clock of the machine, the same in all its processes and threads. */
export function clockMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return 1e3 * seconds + nanoseconds / 1e6
}
