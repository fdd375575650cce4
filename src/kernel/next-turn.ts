/** The part of a MessagePort that is used: the types of Node lack `onmessage`. */
interface Port {
  onmessage: (() => void) | null
  postMessage(message: unknown): void
  close(): void
}

/**
 * Resolves in a later turn of the event loop: timers, signals and input are handled before. Work that blocks for long
 * awaits it between two parts.
 *
 * @throws the reason of the signal, if it has aborted by then
 */
export async function nextTurn(signal?: AbortSignal): Promise<void> {
  await laterTurn()
  signal?.throwIfAborted()
}

function laterTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve)
      return
    }
    // browsers have no setImmediate, and their nested timers wait 4 ms
    const { port1, port2 } = new MessageChannel() as unknown as { port1: Port; port2: Port }
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}
