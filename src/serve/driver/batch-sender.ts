import type { Client, status } from '@grpc/grpc-js'
import { ask, type CallOptions, call } from '../grpc/connect.ts'
import { raw } from '../grpc/method.ts'
import { inference } from '../protocols/inference.ts'
import { scheduler } from '../protocols/scheduler.ts'
import { zeroRequest } from '../protocols/zeros.ts'

/** The error of a call: its status, over HTTP the one that says the same. */
export type CallFailure = Error & { readonly code: status; readonly details: string }

/** Called once, with an error or with the service time that the server reports, ms (NaN if it reports none). */
type Answered = (error: CallFailure | null, exeMs: number) => void

/** Sends a batch of zeros to one server. */
export type SendBatch = (
  batch: number,
  waitedMs: number,
  timeoutMs: number,
  answered: Answered,
) => { cancel(): void }

/** One server, to which batches are sent. */
export interface Sender {
  readonly send: SendBatch
  /** A call without work. @throws CallFailure if the server does not answer */
  ping(): Promise<void>
  close(): void
}

const infer = raw(inference.ModelInfer)

/** Most bytes of encoded requests that are kept to be sent again. */
const MOST_CACHED_BYTES = 2 ** 26

/**
 * Prepares sending batches to a server.
 *
 * @param model the model in the Open Inference Protocol, whose inputs the server is asked for; undefined: the
 *   published protocol
 * @throws ServiceError if the server does not describe the model; KairosError BAD_MODEL, here or when a batch is
 *   sent, if the model takes no such batch
 */
export async function batchSender(
  client: Client,
  model: string | undefined,
  options: CallOptions = {},
): Promise<SendBatch> {
  if (model === undefined) {
    return (batch, qWait, timeoutMs, answered) =>
      ask(client, scheduler.Serve, { batch, qWait }, { timeoutMs }, (error, reply) => {
        answered(error, reply?.exeTime ?? Number.NaN)
      })
  }
  const metadata = await call(client, inference.ModelMetadata, { name: model, version: '' }, options)
  const cached = new Map<number, Buffer>()
  let cachedBytes = 0
  const encode = (batch: number) => {
    const request = inference.ModelInfer.requestSerialize({
      ...zeroRequest(metadata, batch),
      modelName: model,
    })
    cachedBytes += request.length
    if (cachedBytes > MOST_CACHED_BYTES) {
      cached.clear()
      cachedBytes = request.length
    }
    cached.set(batch, request)
    return request
  }
  return (batch, _waitedMs, timeoutMs, answered) => {
    const request = cached.get(batch) ?? encode(batch)
    return ask(client, infer, request, { timeoutMs }, (error) => answered(error, Number.NaN))
  }
}
