/** The frames of requests: within the windows and the sizes that the other side allows. */
import { FLAG, FRAME_BYTES, frame, HEAD_BYTES, TYPE, writeHead } from './frames.ts'
import { NO_TABLE } from './hpack.ts'

/** A request that is sent; `unsent` is what the windows do not let through yet. */
export interface Sending {
  readonly id: number
  unsent: readonly Buffer[]
  window: number
}

export interface Outgoing {
  /** The largest payload of a frame. */
  maxFrame: number
  /** The other side has changed the size of its table of headers, of which none is used. */
  mustShrinkTable: boolean
  /** Sends the headers of a request, and its body as far as the windows let it through. */
  begin(id: number, block: Buffer, body: readonly Buffer[]): Sending
  /** The window of the connection, or of a request, grows. @returns whether it is not too large */
  grow(more: number, sending?: Sending): boolean
  /** Windows of requests begin with another size. */
  setWindow(bytes: number, open: Iterable<Sending>): void
  /** Sends more of a request. */
  sendRest(sending: Sending): void
}

export const FIRST_WINDOW = 65_535
export const MOST_WINDOW = 2 ** 31 - 1

/** Up to this size a request is copied behind its headers, to be written at once. */
const MOST_COPIED_BYTES = 16_384

export function createOutgoing(write: (bytes: Buffer) => void): Outgoing {
  let window = FIRST_WINDOW
  let firstWindow = FIRST_WINDOW

  function sendRest(sending: Sending): void {
    while (sending.unsent.length > 0) {
      const [first, ...others] = sending.unsent
      const bytes = Math.min(first.length, window, sending.window, outgoing.maxFrame)
      if (bytes <= 0 && first.length > 0) return
      sending.unsent = bytes === first.length ? others : [first.subarray(bytes), ...others]
      window -= bytes
      sending.window -= bytes
      const head = Buffer.allocUnsafe(HEAD_BYTES)
      writeHead(head, 0, bytes, TYPE.data, sending.unsent.length === 0 ? FLAG.endStream : 0, sending.id)
      write(head)
      if (bytes > 0) write(first.subarray(0, bytes))
    }
  }

  function sendHeaders(id: number, block: Buffer): void {
    for (let at = 0; at === 0 || at < block.length; at += outgoing.maxFrame) {
      const end = at + outgoing.maxFrame
      const type = at === 0 ? TYPE.headers : TYPE.continuation
      write(frame(type, end >= block.length ? FLAG.endHeaders : 0, id, block.subarray(at, end)))
    }
  }

  function sendAtOnce(id: number, block: Buffer, body: readonly Buffer[], bytes: number): void {
    const all = Buffer.allocUnsafe(2 * HEAD_BYTES + block.length + bytes)
    let at = writeHead(all, 0, block.length, TYPE.headers, FLAG.endHeaders, id)
    all.set(block, at)
    at = writeHead(all, at + block.length, bytes, TYPE.data, FLAG.endStream, id)
    for (const part of body) {
      all.set(part, at)
      at += part.length
    }
    write(all)
  }

  const outgoing: Outgoing = {
    maxFrame: FRAME_BYTES,
    mustShrinkTable: false,
    begin(id, given, body) {
      const block = outgoing.mustShrinkTable ? Buffer.concat([NO_TABLE, given]) : given
      outgoing.mustShrinkTable = false
      let bytes = 0
      for (const part of body) bytes += part.length
      const most = Math.min(MOST_COPIED_BYTES, window, firstWindow)
      const sending: Sending = { id, unsent: [], window: firstWindow }
      if (block.length <= FRAME_BYTES && bytes <= most) {
        window -= bytes
        sending.window -= bytes
        sendAtOnce(id, block, body, bytes)
      } else {
        sending.unsent = body
        sendHeaders(id, block)
        sendRest(sending)
      }
      return sending
    },
    grow(more, sending) {
      if (sending === undefined) window += more
      else sending.window += more
      return window <= MOST_WINDOW && (sending === undefined || sending.window <= MOST_WINDOW)
    },
    setWindow(bytes, open) {
      for (const sending of open) sending.window += bytes - firstWindow
      firstWindow = bytes
    },
    sendRest,
  }
  return outgoing
}
