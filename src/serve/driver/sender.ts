import { setMaxListeners } from 'node:events'
import { KairosError } from '../../model/errors.ts'
import { abortable } from '../abortable.ts'
import { type Channel, openChannel } from '../grpc/client/channel.ts'
import { problem } from '../grpc/client/client-call.ts'
import { CallFailure, callMethod } from '../grpc/client/remote-method.ts'
import { channelTlsOf } from '../grpc/client/session.ts'
import { describeError, status } from '../grpc/status.ts'
import type { ClientTls } from '../grpc/tls.ts'
import { openHttpClient } from '../http/client.ts'
import { health } from '../protocols/health.ts'
import { batchSender, type ModelOptions, type SendBatch, type Sender } from './batch-sender.ts'
import { httpSender } from './http-sender.ts'
import type { Send } from './rounds.ts'
import { serverError } from './server-error.ts'

export interface SenderOptions extends ModelOptions {
  /** The model in the Open Inference Protocol; undefined: the published protocol, which has no models. */
  readonly model?: string | undefined
  readonly tls?: ClientTls | undefined
}

/** Largest message in either direction, bytes: servers have limits of their own. */
const MAX_MESSAGE_BYTES = 2 ** 30

/**
 * Connects to a server: over gRPC, or over HTTP if it does not describe the model over gRPC.
 *
 * @throws CallFailure if it does not answer, or does not describe the model; KairosError BAD_MODEL; the reason of an
 *   aborted signal
 */
export async function openSender(address: string, options: SenderOptions): Promise<Sender> {
  const { model, ...limits } = options
  // calls of many servers, and each request that is under way, listen to the signal
  if (limits.signal) setMaxListeners(0, limits.signal)
  const settings = { tls: channelTlsOf(options.tls), maxMessageBytes: MAX_MESSAGE_BYTES }
  const channel = openChannel(address, settings)
  try {
    const { send, protocol } = await batchSender(channel, model, limits)
    return { send, protocol, ping: () => pingGrpc(channel, limits), close: channel.close }
  } catch (error) {
    channel.close()
    limits.signal?.throwIfAborted()
    const { code, origin, speaksOther } = error as Partial<CallFailure>
    // a router in front of servers of HTTP answers over gRPC too
    const mayBeRouter = origin === 'server' && (code === status.UNAVAILABLE || code === status.UNIMPLEMENTED)
    if (model === undefined || !(speaksOther || mayBeRouter)) throw error
    const http = openHttpClient(address, settings)
    const alsoOverGrpc = withAnswerOverGrpc(error as CallFailure)
    const found = await httpSender(http, model, limits).catch((failure: CallFailure) => {
      http.close()
      throw failure instanceof KairosError || limits.signal?.aborted ? failure : alsoOverGrpc(failure)
    })
    if ('send' in found) {
      const send: SendBatch = (batch, waitedMs, limitMs, ended) =>
        found.send(batch, waitedMs, limitMs, (outcome) =>
          ended(typeof outcome === 'number' ? outcome : alsoOverGrpc(outcome)),
        )
      return { ...found, send }
    }
    http.close()
    // over TLS a server may refuse HTTP/2 alone: over HTTP, the reason why it cannot be reached is another one
    throw speaksOther && options.tls ? found : error
  }
}

/**
 * Adds to a failure over HTTP what the server has said over gRPC. A server that does not speak gRPC has said nothing;
 * each connection to a router of several processes may reach another one.
 */
function withAnswerOverGrpc(error: CallFailure): (failure: CallFailure) => CallFailure {
  const isAnswer = error.code === status.UNAVAILABLE && error.origin === 'server'
  if (!isAnswer) return (failure) => failure
  return (failure) => {
    const { code, details, origin } = failure
    if (details.includes(error.details)) return failure
    return new CallFailure(problem(code, `${details}; over gRPC: ${describeError(error)}`, origin))
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
    abortable<void>(signal, (resolve, reject) =>
      send(batch, 0, timeoutMs, (outcome) => {
        if (typeof outcome === 'number') resolve()
        else reject(serverError(address, outcome, model, batch))
      }),
    ).catch((error: unknown) => {
      if (error instanceof KairosError && error.code === 'BAD_MODEL') throw error.at({ field: address })
      throw error
    })
}

async function pingGrpc(
  channel: Channel,
  { timeoutMs, signal }: Pick<SenderOptions, 'timeoutMs' | 'signal'>,
): Promise<void> {
  await callMethod(channel, health.Check, { service: '' }, timeoutMs, signal).catch((error: CallFailure) => {
    // answers of a server without the health protocol
    if (error.code !== status.UNIMPLEMENTED && error.code !== status.NOT_FOUND) throw error
  })
}
