/** A call with one request and a stream of messages, as the client of it. */
import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import { FrameReader } from '../frame.ts'
import { cancelStream } from '../reset-stream.ts'
import { codeOf, status } from '../status.ts'

export interface Watcher {
  message(bytes: Buffer): void
  /** Called once. @param code UNAVAILABLE if the connection was lost */
  ended(code: status): void
}

/** Reads the messages of a call. A message that is larger than `maxMessageBytes` or compressed ends it. */
export function watch(stream: ClientHttp2Stream, maxMessageBytes: number, watcher: Watcher): void {
  let code: status | undefined
  const stop = (reason: status) => {
    code ??= reason
    cancelStream(stream)
  }
  const frames = new FrameReader({
    begin(bytes) {
      if (bytes <= maxMessageBytes) return true
      stop(status.RESOURCE_EXHAUSTED)
      return false
    },
    message(bytes, isCompressed) {
      if (isCompressed) stop(status.INTERNAL)
      else watcher.message(bytes)
    },
    invalid: () => stop(status.INTERNAL),
  })
  const note = (headers: IncomingHttpHeaders) => {
    code ??= codeOf(headers['grpc-status'])
  }
  stream.on('response', note)
  stream.on('trailers', note)
  stream.on('data', (chunk: Buffer) => frames.push(chunk))
  // the connection reports its own errors
  stream.on('error', () => undefined)
  stream.on('close', () => watcher.ended(code ?? status.UNAVAILABLE))
}
