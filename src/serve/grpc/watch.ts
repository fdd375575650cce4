/** A call with one request and a stream of messages, as the client of it. */
import { status } from '@grpc/grpc-js'
import { type ClientStream, CODE, type StreamHandler } from '../http2/client.ts'
import { readFrames } from './frame.ts'
import { codeOf } from './status.ts'

export interface Watcher {
  message(bytes: Buffer): void
  /** Called once, unless the call is cancelled. @param code UNAVAILABLE if the connection was lost */
  ended(code: status): void
}

/** Reads the messages of a call. A message that is larger than `maxMessageBytes` or compressed ends it. */
export function watch(
  begin: (handler: StreamHandler) => ClientStream,
  maxMessageBytes: number,
  watcher: Watcher,
): { cancel(): void } {
  let code: status | undefined
  let isOver = false
  const stop = (reason: status) => {
    code ??= reason
    stream.close(CODE.cancel)
  }
  const frames = readFrames({
    begin(bytes) {
      if (bytes <= maxMessageBytes) return true
      stop(status.RESOURCE_EXHAUSTED)
      return false
    },
    message(bytes, isCompressed) {
      if (isCompressed) stop(status.INTERNAL)
      else if (!isOver) watcher.message(bytes)
    },
    invalid: () => stop(status.INTERNAL),
  })
  const stream = begin({
    headers(headers) {
      code ??= codeOf(headers['grpc-status'])
    },
    data: frames.push,
    closed() {
      if (isOver) return
      isOver = true
      watcher.ended(code ?? status.UNAVAILABLE)
    },
  })
  return {
    cancel() {
      isOver = true
      stream.close(CODE.cancel)
    },
  }
}
