/**
 * The client's side of an HTTP/2 connection, RFC 9113. Of node:http2 a router would use a small part, at the price of a stream
 * object, its events and an asynchronous resource for each call: this takes a fifth of the processor time.
 */
import type { IncomingHttpHeaders } from 'node:http2'
import type { Socket } from 'node:net'
import { type ClientConnection, CODE, type ConnectionEvents, type StreamHandler } from './client.ts'
import {
  FLAG,
  FRAME_BYTES,
  type Frame,
  frame,
  HEAD_BYTES,
  numberFrame,
  PREFACE,
  readFrames,
  SETTING,
  settingsFrame,
  TYPE,
} from './frames.ts'
import { createBlockCache, InvalidBlock } from './hpack.ts'
import { createOutgoing, FIRST_WINDOW, MOST_WINDOW, type Sending } from './outgoing.ts'
import { Violation } from './violation.ts'

interface Stream {
  readonly handler: StreamHandler
  readonly sending: Sending
  /** Bytes received since the server was last told to go on. */
  received: number
  hasHead: boolean
}

/** Bytes that the server may send on a stream, and on the connection, before it is told to go on. */
const STREAM_WINDOW = 2 ** 20
const CONNECTION_WINDOW = 2 ** 23

/** The largest header block, bytes. */
const BLOCK_BYTES = 65_536

/** Answers to a server that does not read them. */
const MOST_REPLIES = 10_000

/** @param socket connected, or connecting; it is closed with the connection */
export function openConnection(socket: Socket, events: ConnectionEvents): ClientConnection {
  const streams = new Map<number, Stream>()
  /** Calls beyond the number of streams that the server allows. */
  const pending: (() => void)[] = []
  const pings: (() => void)[] = []
  const readBlock = createBlockCache()
  let nextId = 1
  let isEstablished = false
  let isGoing = false
  let isDestroyed = false
  let failure: Error | undefined
  /** How many streams the server allows. */
  let maxStreams = Infinity
  const outgoing = createOutgoing(write)
  /** Bytes received since the server was last told to go on, and answers to it that are not sent. */
  let received = 0
  let replies = 0
  /** A header block of which more frames follow. */
  let block: { readonly stream: number; readonly isLast: boolean; parts: Buffer[]; bytes: number } | undefined

  const frames = readFrames(take, () => {
    throw new Violation(CODE.frameSize, 'a frame is too large')
  })
  socket.on('data', (chunk: Buffer) => {
    try {
      if (!isDestroyed) frames.push(chunk)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      failure ??= error
      const payload = Buffer.alloc(8)
      payload.writeUInt32BE(error.reason, 4)
      write(frame(TYPE.goaway, 0, 0, payload))
      destroy()
    }
  })
  socket.on('error', (error) => {
    failure ??= error
  })
  socket.on('close', () => {
    isDestroyed = true
    events.closed(failure)
    const all = [...streams.values()]
    streams.clear()
    for (const { handler } of all) handler.closed(CODE.none)
    for (const begin of pending.splice(0)) begin()
  })
  socket.write(
    Buffer.concat([
      PREFACE,
      settingsFrame([
        [SETTING.headerTableSize, 0],
        [SETTING.enablePush, 0],
        [SETTING.initialWindow, STREAM_WINDOW],
      ]),
      numberFrame(TYPE.windowUpdate, 0, CONNECTION_WINDOW - FIRST_WINDOW),
    ]),
  )

  function write(bytes: Buffer): void {
    if (isDestroyed) return
    socket.write(bytes)
  }

  /** Answers a frame of the server. */
  function reply(bytes: Buffer): void {
    if (isDestroyed) return
    if (++replies > MOST_REPLIES)
      throw new Violation(CODE.enhanceYourCalm, 'the server asks and does not read')
    socket.write(bytes, () => {
      replies--
    })
  }

  function destroy(): void {
    isDestroyed = true
    socket.destroy()
  }

  /** @returns whether to read on */
  function take({ type, flags, stream, payload }: Frame): boolean {
    if (!isEstablished) {
      if (type !== TYPE.settings) throw new Violation(CODE.protocol, 'the first frame has no settings')
      isEstablished = true
      events.established()
    }
    if (block !== undefined && type !== TYPE.continuation)
      throw new Violation(CODE.protocol, 'a header block is cut')
    if (type === TYPE.data) takeData(flags, stream, payload)
    else if (type === TYPE.headers) takeHeaders(flags, stream, payload)
    else if (type === TYPE.continuation) takeContinuation(flags, stream, payload)
    else if (type === TYPE.windowUpdate) takeWindow(stream, payload)
    else if (type === TYPE.reset) takeReset(stream, payload)
    else if (type === TYPE.settings) takeSettings(flags, payload)
    else if (type === TYPE.ping) takePing(flags, payload)
    else if (type === TYPE.goaway) takeGoaway(payload)
    else if (type === TYPE.pushPromise) throw new Violation(CODE.protocol, 'the server pushes')
    return !isDestroyed
  }

  /** The payload without its padding; undefined if there is more padding than payload. */
  function withoutPadding(flags: number, payload: Buffer): Buffer | undefined {
    if ((flags & FLAG.padded) === 0) return payload
    const padding = payload.length > 0 ? payload[0] : payload.length
    return padding < payload.length ? payload.subarray(1, payload.length - padding) : undefined
  }

  function takeData(flags: number, id: number, payload: Buffer): void {
    received += payload.length
    if (received >= CONNECTION_WINDOW / 2) {
      write(numberFrame(TYPE.windowUpdate, 0, received))
      received = 0
    }
    const data = withoutPadding(flags, payload)
    if (data === undefined || id === 0 || id >= nextId)
      throw new Violation(CODE.protocol, 'a frame of data is invalid')
    const stream = streams.get(id)
    // otherwise it has been closed from this side
    if (stream === undefined) return
    if (!stream.hasHead) reset(stream, CODE.protocol)
    else if (data.length > 0) stream.handler.data(data)
    if ((flags & FLAG.endStream) !== 0) ended(stream)
    stream.received += payload.length
    if (stream.received < STREAM_WINDOW / 2 || !streams.has(id)) return
    write(numberFrame(TYPE.windowUpdate, id, stream.received))
    stream.received = 0
  }

  function takeHeaders(flags: number, id: number, payload: Buffer): void {
    let fragment = withoutPadding(flags, payload)
    if ((flags & FLAG.priority) !== 0) fragment = fragment?.subarray(5)
    if (fragment === undefined || id === 0 || id >= nextId)
      throw new Violation(CODE.protocol, 'a frame of headers is invalid')
    const isLast = (flags & FLAG.endStream) !== 0
    if ((flags & FLAG.endHeaders) !== 0) deliver(id, fragment, isLast)
    else block = { stream: id, isLast, parts: [Buffer.from(fragment)], bytes: fragment.length }
  }

  function takeContinuation(flags: number, id: number, payload: Buffer): void {
    if (block === undefined || block.stream !== id)
      throw new Violation(CODE.protocol, 'a header block goes on that has not begun')
    block.parts.push(Buffer.from(payload))
    // an empty frame counts too
    block.bytes += payload.length + HEAD_BYTES
    if (block.bytes > BLOCK_BYTES) throw new Violation(CODE.enhanceYourCalm, 'a header block is too large')
    if ((flags & FLAG.endHeaders) === 0) return
    const whole = Buffer.concat(block.parts)
    const { isLast } = block
    block = undefined
    deliver(id, whole, isLast)
  }

  function deliver(id: number, bytes: Buffer, isLast: boolean): void {
    const stream = streams.get(id)
    // blocks do not depend on each other: one that nobody waits for is not read
    if (stream === undefined) return
    let headers: IncomingHttpHeaders
    try {
      headers = readBlock(bytes)
    } catch (error) {
      if (!(error instanceof InvalidBlock)) throw error
      throw new Violation(CODE.compression, error.message)
    }
    const status = Number(headers[':status'])
    if (stream.hasHead ? !isLast : Number.isNaN(status)) {
      reset(stream, CODE.protocol)
      return
    }
    // another head follows a preliminary one
    if (!stream.hasHead && status < 200 && !isLast) return
    stream.hasHead = true
    stream.handler.headers(headers, isLast)
    if (isLast) ended(stream)
  }

  function takeReset(id: number, payload: Buffer): void {
    if (payload.length === 4) end(streams.get(id), payload.readUInt32BE())
    else throw new Violation(CODE.frameSize, 'a reset has another length')
  }

  /** The server has sent all. */
  function ended(stream: Stream): void {
    // the rest of the request is not wanted
    const { id, unsent } = stream.sending
    if (unsent.length > 0 && streams.has(id)) write(numberFrame(TYPE.reset, id, CODE.none))
    end(stream, CODE.none)
  }

  function reset(stream: Stream, code: number): void {
    const { id } = stream.sending
    if (!streams.has(id)) return
    write(numberFrame(TYPE.reset, id, code))
    end(stream, code)
  }

  function end(stream: Stream | undefined, code: number): void {
    if (stream === undefined || !streams.delete(stream.sending.id)) return
    stream.sending.unsent = []
    stream.handler.closed(code)
    if (streams.size < maxStreams) pending.shift()?.()
    if (isGoing && streams.size === 0) destroy()
  }

  function takeWindow(id: number, payload: Buffer): void {
    const more = payload.length === 4 ? payload.readUInt32BE() & MOST_WINDOW : 0
    if (more === 0) throw new Violation(CODE.protocol, 'a window does not grow')
    const stream = streams.get(id)
    if (id !== 0 && stream === undefined) return
    if (!outgoing.grow(more, stream?.sending)) throw new Violation(CODE.flowControl, 'a window is too large')
    sendRest(stream === undefined ? streams.values() : [stream])
  }

  function sendRest(some: Iterable<Stream>): void {
    socket.cork()
    for (const { sending } of some) outgoing.sendRest(sending)
    socket.uncork()
  }

  function takeSettings(flags: number, payload: Buffer): void {
    if ((flags & FLAG.ack) !== 0) return
    if (payload.length % 6 !== 0) throw new Violation(CODE.frameSize, 'settings have another length')
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2)
      const setting = payload.readUInt16BE(at)
      if (setting === SETTING.headerTableSize) outgoing.mustShrinkTable = true
      else if (setting === SETTING.maxStreams) maxStreams = value
      else if (setting === SETTING.maxFrame) {
        if (value < FRAME_BYTES || value >= 2 ** 24)
          throw new Violation(CODE.protocol, 'the largest frame is not allowed')
        outgoing.maxFrame = value
      } else if (setting === SETTING.initialWindow) {
        if (value > MOST_WINDOW) throw new Violation(CODE.flowControl, 'a window is too large')
        outgoing.setWindow(
          value,
          Array.from(streams.values(), ({ sending }) => sending),
        )
      }
    }
    reply(frame(TYPE.settings, FLAG.ack, 0, Buffer.alloc(0)))
    sendRest(streams.values())
    while (pending.length > 0 && streams.size < maxStreams) pending.shift()!()
  }

  function takePing(flags: number, payload: Buffer): void {
    if (payload.length !== 8) throw new Violation(CODE.frameSize, 'a ping has another length')
    if ((flags & FLAG.ack) !== 0) pings.shift()?.()
    else reply(frame(TYPE.ping, FLAG.ack, 0, payload))
  }

  function takeGoaway(payload: Buffer): void {
    if (payload.length < 8) throw new Violation(CODE.frameSize, 'a goaway has another length')
    const last = payload.readUInt32BE() & MOST_WINDOW
    isGoing = true
    events.goaway()
    for (const stream of [...streams.values()]) if (stream.sending.id > last) end(stream, CODE.refused)
    for (const begin of pending.splice(0)) begin()
    if (streams.size === 0) destroy()
  }

  function begin(block: Buffer, body: readonly Buffer[], handler: StreamHandler): Stream {
    const id = nextId
    nextId += 2
    socket.cork()
    const stream = { handler, sending: outgoing.begin(id, block, body), received: 0, hasHead: false }
    socket.uncork()
    streams.set(id, stream)
    return stream
  }

  return {
    get isOpen() {
      return !isGoing && !isDestroyed && nextId < MOST_WINDOW
    },
    get isConnecting() {
      return socket.connecting
    },
    get isDestroyed() {
      return isDestroyed
    },
    request(block, body, handler) {
      if (streams.size < maxStreams && !isDestroyed) {
        const stream = begin(block, body, handler)
        return { close: (code) => reset(stream, code) }
      }
      let stream: Stream | undefined
      let isOver = false
      const finish = (code: number) => {
        if (isOver) return
        isOver = true
        handler.closed(code)
      }
      const start = () => {
        if (isDestroyed) finish(CODE.none)
        else if (isGoing) finish(CODE.refused)
        else if (isOver) pending.shift()?.()
        else stream = begin(block, body, handler)
      }
      if (isDestroyed) process.nextTick(start)
      else pending.push(start)
      return { close: (code) => (stream === undefined ? finish(code) : reset(stream, code)) }
    },
    ping(answered) {
      pings.push(answered)
      write(frame(TYPE.ping, 0, 0, Buffer.alloc(8)))
    },
    destroy,
  }
}
