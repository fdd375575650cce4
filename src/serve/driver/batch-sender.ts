import type { Client, ClientUnaryCall, ServiceError } from '@grpc/grpc-js'
import { ask, type CallOptions, call } from '../grpc/connect.ts'
import { inference } from '../protocols/inference.ts'
import { raw } from '../protocols/package.ts'
import { scheduler } from '../protocols/scheduler.ts'
import { zeroRequest } from '../protocols/tensors.ts'

/** Told once: what went wrong, or how long the server says that it took, ms (NaN where it does not say). */
type Answered = (error: ServiceError | null, exeMs: number) => void

/** Sends a batch of made-up input to one server. */
export type SendBatch = (
  batch: number,
  waitedMs: number,
  timeoutMs: number,
  answered: Answered,
) => ClientUnaryCall

const infer = raw(inference.ModelInfer)

/** Of requests that are kept to be sent again. */
const MOST_BYTES = 2 ** 26

/**
 * How batches are sent to a server.
 *
 * @param model the model to ask by the Open Inference Protocol, of which the server is asked what it takes;
 *   undefined: the published protocol
 * @throws ServiceError where the server does not say what the model takes; KairosError BAD_MODEL, then or
 *   when a batch is sent, where it takes no such batch
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
  const requests = new Map<number, Buffer>()
  let bytes = 0
  const requestOf = (batch: number) => {
    const made = inference.ModelInfer.requestSerialize({ ...zeroRequest(metadata, batch), modelName: model })
    bytes += made.length
    if (bytes > MOST_BYTES) {
      requests.clear()
      bytes = made.length
    }
    requests.set(batch, made)
    return made
  }
  return (batch, _waitedMs, timeoutMs, answered) => {
    const request = requests.get(batch) ?? requestOf(batch)
    return ask(client, infer, request, { timeoutMs }, (error) => answered(error, Number.NaN))
  }
}
