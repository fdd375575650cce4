import { type Client, type ServiceError, status } from '@grpc/grpc-js'
import { ask, type CallOptions, call } from '../grpc/connect.ts'
import { raw } from '../grpc/method.ts'
import { MalformedMessage } from '../protocols/fields.ts'
import { inference, type ModelMetadata, routedInference } from '../protocols/inference.ts'
import { type AskedInputs, resolveInputs } from '../protocols/model-inputs.ts'
import { scheduler } from '../protocols/scheduler.ts'
import { zeroRequest } from '../protocols/zeros.ts'
import { keptRequests } from './kept-requests.ts'

/** The error of a call: its status, over HTTP the one that says the same. */
export type CallFailure = Error & { readonly code: status; readonly details: string }

/** Called once, also where the call is cancelled, with an error or with the service time that the server reports, ms (NaN if it reports none). */
type Answered = (error: CallFailure | null, exeMs: number) => void

/** Sends a batch of zeros to one server. */
export type SendBatch = (
  batch: number,
  waitedMs: number,
  timeoutMs: number,
  answered: Answered,
) => { cancel(): void }

/** What is asked for of a model, and what is to be known about it. */
export interface ModelOptions extends CallOptions, AskedInputs {
  /** Receives a sentence about dimensions that nobody has set. */
  readonly onNote?: ((note: string) => void) | undefined
}

/** What is sent to a server, and over what. */
export interface ServerProtocol {
  readonly transport: 'grpc' | 'http'
  /** What the model takes; undefined in the published protocol. */
  readonly metadata: ModelMetadata | undefined
  /** Whether tensors are sent as bytes. */
  readonly isBinary: boolean
}

/** One server, to which batches are sent. */
export interface Sender {
  readonly send: SendBatch
  readonly protocol: ServerProtocol
  /** A call without work. @throws CallFailure if the server does not answer */
  ping(): Promise<void>
  close(): void
}

const infer = raw(inference.ModelInfer)

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
  options: ModelOptions,
): Promise<Pick<Sender, 'send' | 'protocol'>> {
  if (model === undefined) {
    const send: SendBatch = (batch, qWait, timeoutMs, answered) =>
      ask(client, scheduler.Serve, { batch, qWait }, { timeoutMs }, (error, reply) => {
        answered(error, reply?.exeTime ?? Number.NaN)
      })
    return { send, protocol: { transport: 'grpc', metadata: undefined, isBinary: true } }
  }
  const described = await call(client, inference.ModelMetadata, { name: model, version: '' }, options).catch(
    (error: ServiceError): ModelMetadata => {
      if (error.code !== status.UNIMPLEMENTED || options.inputs === undefined) throw error
      return { name: model, versions: [], platform: '', inputs: [], outputs: [] }
    },
  )
  const { metadata, notes } = resolveInputs(described, options)
  for (const note of notes) options.onNote?.(note)
  const requestOf = keptRequests(
    (batch) => inference.ModelInfer.requestSerialize({ ...zeroRequest(metadata, batch), modelName: model }),
    ({ length }) => length,
  )
  const send: SendBatch = (batch, _waitedMs, timeoutMs, answered) =>
    ask(client, infer, requestOf(batch), { timeoutMs }, (error, response) => {
      answered(error ?? failureOfAnswer(() => routedInference.checkResponse(response!)) ?? null, Number.NaN)
    })
  return { send, protocol: { transport: 'grpc', metadata, isBinary: true } }
}

export function failureWith(code: status, details: string): CallFailure {
  return Object.assign(new Error(details), { code, details })
}

/** The failure of an answer that is none of its protocol, which `check` finds by a MalformedMessage. */
export function failureOfAnswer(check: () => void): CallFailure | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return failureWith(status.INTERNAL, 'the server sent an invalid response')
  }
}
