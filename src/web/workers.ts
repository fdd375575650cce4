/** Workers of the page: their code is in the page, and they are called like functions. */

import type { OnProgress } from '../model/progress.ts'
import type { CallProgress, Failure, Reply } from './protocol.ts'

/** A call that failed, in the words of the engine. */
export class CallError extends Error {
  readonly code: string | undefined

  constructor({ message, code }: Failure) {
    super(message)
    this.code = code
  }
}

/** A worker whose functions take an input and return a result. */
export interface Caller<Calls> {
  call<Name extends keyof Calls & string>(
    name: Name,
    input: Calls[Name] extends { input: infer Input } ? Input : never,
    onProgress?: OnProgress<CallProgress>,
  ): Promise<Calls[Name] extends { result: infer Result } ? Result : never>
  /** Ends the worker, even while it computes. Calls in flight are rejected. */
  end(): void
}

export function startWorker<Calls>(code: BlobPart): Caller<Calls> {
  const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
  const worker = new Worker(address)
  const waiting = new Map<
    number,
    {
      resolve(result: unknown): void
      reject(error: Error): void
      onProgress: OnProgress<CallProgress> | undefined
    }
  >()
  let next = 0
  let hasReplied = false
  /** Why the worker does not answer: it never started, or was ended. */
  let ended: CallError | undefined
  worker.onmessage = ({ data }: MessageEvent<Reply>) => {
    hasReplied = true
    const call = waiting.get(data.id)
    if (data.kind === 'progress') {
      call?.onProgress?.(data)
      return
    }
    waiting.delete(data.id)
    if (data.kind === 'done') call?.resolve(data.result)
    else call?.reject(new CallError(data.failure))
  }
  const rejectAll = (error: CallError) => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.onerror = (event) => {
    const error = new CallError({ message: event.message || 'the worker could not be started' })
    // calls that are made later would wait for ever
    if (!hasReplied) ended ??= error
    rejectAll(error)
  }
  return {
    call: (name, input, onProgress) =>
      new Promise((resolve, reject) => {
        if (ended) throw ended
        const id = next++
        waiting.set(id, { resolve: resolve as (result: unknown) => void, reject, onProgress })
        worker.postMessage({ id, name, input })
      }),
    end() {
      worker.terminate()
      URL.revokeObjectURL(address)
      ended ??= new CallError({ message: 'cancelled', code: 'ABORTED' })
      rejectAll(ended)
    },
  }
}

/** The content of an element that holds bytes, gzipped, as base64. */
export async function bytesIn(id: string): Promise<ArrayBuffer> {
  const text = atob(document.getElementById(id)!.textContent ?? '')
  const packed = new Uint8Array(text.length)
  // `Uint8Array.from` takes ten times as long
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i)
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(stream).arrayBuffer()
}
