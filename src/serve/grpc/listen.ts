import { type AcceptOptions, accept, type Listening } from './accept.ts'
import { limitBufferedBytes } from './buffered-bytes.ts'
import { openPort } from './port.ts'
import { createGrpcServer, type Method } from './server/server.ts'
import type { ServerTls } from './tls.ts'

interface ListenOptions extends AcceptOptions {
  readonly tls?: ServerTls | undefined
  /** Largest request, bytes; 2 GiB unless given. */
  readonly maxMessageBytes?: number | undefined
}

/** Concurrent calls of one connection: no limit in practice. */
const MAX_STREAMS = 2 ** 31 - 1

/** An idle connection is closed after this time, ms: a week. */
const IDLE_MS = 7 * 24 * 3_600_000

/**
 * Opens a port for methods of gRPC by path, for clients that are trusted: it holds whatever they send. The router has
 * limits of its own.
 *
 * @throws KairosError BAD_USAGE if the address cannot be listened on, or the certificate cannot be used
 */
export async function listen(
  methods: ReadonlyMap<string, Method>,
  { tls, maxMessageBytes = 2 ** 31 - 1, ...options }: ListenOptions = {},
): Promise<Listening> {
  const limits = { maxStreams: MAX_STREAMS, idleMs: IDLE_MS, bufferedBytes: limitBufferedBytes(Infinity) }
  const grpc = createGrpcServer({ methods, maxMessageBytes, ...limits })
  return accept(openPort({ grpc }, tls), options)
}
