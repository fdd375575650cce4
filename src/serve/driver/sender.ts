import { setMaxListeners } from 'node:events'
import { type Client, type ServiceError, status } from '@grpc/grpc-js'
import { KairosError } from '../../model/errors.ts'
import { call, connect, describeError } from '../grpc/connect.ts'
import { type ClientTls, clientContext } from '../grpc/tls.ts'
import { openHttpClient } from '../http/client.ts'
import { health } from '../protocols/health.ts'
import {
  batchSender,
  type CallFailure,
  failureWith,
  type ModelOptions,
  type SendBatch,
  type Sender,
} from './batch-sender.ts'
import type { Send } from './closed-loop.ts'
import { httpSender } from './http-sender.ts'
import { unanswered } from './server-error.ts'

export interface SenderOptions extends ModelOptions {
  /** The model in the Open Inference Protocol; undefined: the published protocol, which has no models. */
  readonly model?: string | undefined
  readonly tls?: ClientTls | undefined
  readonly timeoutMs: number
}

const MAX_MESSAGE_BYTES = 2 ** 30

/** What the client of gRPC says of a server that answers with something else, over HTTP/2. */
const NOT_GRPC = /^Received HTTP status code|Call ended without gRPC status/

/** What it says of one that refuses HTTP/2 over TLS: over HTTP, the reason why it cannot be reached is another one. */
const NO_HTTP2 = /no application protocol/

/**
 * Connects to a server: over gRPC, or over HTTP if it does not describe the model over gRPC.
 *
 * @throws ServiceError if it does not answer, or does not describe the model; KairosError BAD_MODEL; the reason of an
 *   aborted signal
 */
export async function openSender(address: string, options: SenderOptions): Promise<Sender> {
  const { model, tls, ...limits } = options
  // calls of many servers, and each request that is under way, listen to the signal
  if (limits.signal) setMaxListeners(0, limits.signal)
  const client = connect(address, { tls })
  try {
    const { send, protocol } = await batchSender(client, model, limits)
    return { send, protocol, ping: () => pingGrpc(client, limits), close: () => client.close() }
  } catch (error) {
    client.close()
    limits.signal?.throwIfAborted()
    const { code, details = '' } = error as Partial<ServiceError>
    // a router in front of servers of HTTP speaks both
    const mayBeHttp = code === status.UNAVAILABLE || code === status.UNIMPLEMENTED || NOT_GRPC.test(details)
    if (!mayBeHttp || model === undefined || error instanceof KairosError) throw error
    const context = tls && { context: clientContext(tls), serverName: tls.serverName }
    const http = openHttpClient(address, { tls: context, maxMessageBytes: MAX_MESSAGE_BYTES })
    const alsoOverGrpc = withAnswerOverGrpc(error as ServiceError)
    const found = await httpSender(http, model, limits.timeoutMs, limits).catch((problem: CallFailure) => {
      http.close()
      throw problem instanceof KairosError || limits.signal?.aborted ? problem : alsoOverGrpc(problem)
    })
    if ('send' in found) {
      const send: SendBatch = (batch, waitedMs, limitMs, answered) =>
        found.send(batch, waitedMs, limitMs, (failure, exeMs) =>
          answered(failure && alsoOverGrpc(failure), exeMs),
        )
      return { ...found, send }
    }
    http.close()
    throw NO_HTTP2.test(details) ? found : error
  }
}

/**
 * Adds to a failure over HTTP what the server has said over gRPC. A server that does not speak gRPC has said nothing; each connection
 * to a router of several processes may reach another one.
 */
function withAnswerOverGrpc(error: ServiceError): (failure: CallFailure) => CallFailure {
  const isAnswer = error.code === status.UNAVAILABLE && error.metadata.get('content-type').length > 0
  if (!isAnswer) return (failure) => failure
  return (failure) => {
    const { code, details } = failure
    // as text of JSON, as the body of an answer has it
    if (details.includes(JSON.stringify(error.details).slice(1, -1))) return failure
    return failureWith(code, `${details}; over gRPC: ${describeError(error)}`)
  }
}

/**
 * A function that sends a batch and waits for its answer. It may be called again before that.
 *
 * @throws KairosError SERVER with the address and the size; the reason of an aborted signal
 */
export function sendOf(
  { send }: Sender,
  address: string,
  { model, timeoutMs, signal }: Pick<SenderOptions, 'model' | 'timeoutMs' | 'signal'>,
): Send {
  return (batch) =>
    new Promise<void>((resolve, reject) => {
      const abort = () => running.cancel()
      const running = send(batch, 0, timeoutMs, (error) => {
        signal?.removeEventListener('abort', abort)
        if (!error) resolve()
        else if (signal?.aborted) reject(signal.reason)
        else reject(unanswered(address, batch, error, model))
      })
      signal?.addEventListener('abort', abort)
    }).catch((error: unknown) => {
      if (error instanceof KairosError && error.code === 'BAD_MODEL') throw error.at({ field: address })
      throw error
    })
}

async function pingGrpc(
  client: Client,
  { timeoutMs, signal }: Pick<SenderOptions, 'timeoutMs' | 'signal'>,
): Promise<void> {
  await call(client, health.Check, { service: '' }, { timeoutMs, signal }).catch((error: ServiceError) => {
    // answers of a server without the health protocol
    if (error.code !== status.UNIMPLEMENTED && error.code !== status.NOT_FOUND) throw error
  })
}
