/**
 * How streams are ended from this side: once what has arrived is read.
 *
 * node:http2 sends all that waits before it resets a stream. If it does so while it reads that the other side has reset
 * a stream in the middle of its bytes, it sends empty frames of that stream for ever, and its memory grows
 * (nodejs/node#64113). Listeners of a stream that was reset run then, and end other calls of the connection.
 */
import { constants, type Http2Stream } from 'node:http2'

/** Cancels a stream. What is not sent is dropped: it would keep the stream while the other side reads nothing. */
export function cancelStream(stream: Http2Stream): void {
  setImmediate(cancel, stream)
}

function cancel(stream: Http2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL)
  if (!stream.writableFinished) stream.destroy()
}

/** Tells the other side, once all is sent, not to send the rest. */
export function endUnread(stream: Http2Stream): void {
  setImmediate(closeFinished, stream)
}

function closeFinished(stream: Http2Stream): void {
  if (stream.writableFinished) stream.close(constants.NGHTTP2_NO_ERROR)
  else stream.once('finish', () => endUnread(stream))
}
