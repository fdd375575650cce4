/**
 * The result of work that an aborted signal cancels.
 *
 * @param start starts the work. It calls `resolve` or `reject` once, after it has returned, and neither after `cancel`
 * @throws the reason of the signal
 */
export function abortable<Result>(
  signal: AbortSignal | undefined,
  start: (resolve: (result: Result) => void, reject: (error: unknown) => void) => { cancel(): void },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const ended =
      <Value>(settle: (value: Value) => void) =>
      (value: Value) => {
        signal?.removeEventListener('abort', abort)
        settle(value)
      }
    const running = start(ended<Result>(resolve), ended(reject))
    const abort = () => {
      running.cancel()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
}
