/** A connection of HTTP/1.1: its requests that are served, and those of a client that pipelines which wait. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type BufferedBytesLimit, type ConnectionBytes, remoteOf } from '../grpc/buffered-bytes.ts'

export interface Connection {
  /** What all its requests hold together. */
  readonly counted: ConnectionBytes
  /** The last of its requests that has come. */
  readonly latest: IncomingMessage | undefined
  /** Serves a request that has come, at once or when fewer are open, unless the connection is lost before. */
  inTurn(request: IncomingMessage, serve: () => void): void
  /**
   * A request is open.
   *
   * @param closed called once: when the connection is lost, or the request is over
   * @returns says that it is over
   */
  begin(closed: () => void): () => void
}

/** Requests of a connection that are open at the same time. */
const MOST_OPEN = 32

const connections = new WeakMap<Socket, Connection>()

export function connectionOf(socket: Socket, bufferedBytes: BufferedBytesLimit): Connection {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const connection = openConnection(socket, bufferedBytes)
  connections.set(socket, connection)
  return connection
}

function openConnection(socket: Socket, bufferedBytes: BufferedBytesLimit): Connection {
  const counted = bufferedBytes.open({
    remote: remoteOf(socket),
    moved: () => socket.bytesRead + socket.bytesWritten,
    close: () => socket.destroy(),
  })
  /** Ends of the requests that are open. A response that waits behind another one is not told of a lost connection. */
  const open = new Set<() => void>()
  const waiting: (() => void)[] = []
  let latest: IncomingMessage | undefined
  let isTurnAsked = false
  // once a turn of the event loop: answers of the router itself are sent at once, and would keep other connections waiting
  const serveWaiting = () => {
    isTurnAsked = false
    for (const serve of waiting.splice(0, MOST_OPEN - open.size)) serve()
    if (waiting.length === 0) socket.resume()
  }
  // nothing more is read while requests wait; Node resumes a socket to read the body of a request, for instance
  socket.on('resume', () => {
    if (waiting.length > 0) socket.pause()
  })
  socket.once('close', () => {
    waiting.length = 0
    for (const end of open) end()
    counted.close()
  })
  return {
    counted,
    get latest() {
      return latest
    },
    inTurn(request, serve) {
      latest = request
      if (open.size < MOST_OPEN && waiting.length === 0) return serve()
      waiting.push(serve)
      socket.pause()
    },
    begin(closed) {
      const end = () => {
        if (!open.delete(end)) return
        closed()
        if (waiting.length === 0 || isTurnAsked) return
        isTurnAsked = true
        setImmediate(serveWaiting)
      }
      open.add(end)
      return end
    },
  }
}
