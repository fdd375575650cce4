import type { Channel } from '../grpc/client/channel.ts'
import { invalidResponse } from '../grpc/client/client-call.ts'
import { CallFailure, callMethod } from '../grpc/client/remote-method.ts'
import { status } from '../grpc/status.ts'
import { decode, MalformedMessage } from '../protocols/fields.ts'
import { inference, type ModelMetadata, routedInference } from '../protocols/inference.ts'
import { type AskedInputs, resolveInputs } from '../protocols/model-inputs.ts'
import { scheduler } from '../protocols/scheduler.ts'
import { zeroRequest } from '../protocols/zeros.ts'
import { keptRequests } from './kept-requests.ts'

/** How a request has ended: the service time that its server reports, ms (NaN if it reports none), or its failure. */
export type Outcome = number | CallFailure

/** Called once, later, unless the call is cancelled. */
type Ended = (outcome: Outcome) => void

/** Sends a batch of zeros to one server. */
export type SendBatch = (
  batch: number,
  waitedMs: number,
  timeoutMs: number,
  ended: Ended,
) => { cancel(): void }

/** What is asked for of a model, and what is to be known about it. */
export interface ModelOptions extends AskedInputs {
  /** Time limit of each question about the model, ms. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
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

/**
 * Prepares sending batches to a server.
 *
 * @param model the model in the Open Inference Protocol, whose inputs the server is asked for; undefined: the
 *   published protocol
 * @throws CallFailure if the server does not describe the model; KairosError BAD_MODEL, here or when a batch is
 *   sent, if the model takes no such batch; the reason of an aborted signal
 */
export async function batchSender(
  channel: Channel,
  model: string | undefined,
  options: ModelOptions,
): Promise<Pick<Sender, 'send' | 'protocol'>> {
  /** @param read takes the service time from a response, or throws MalformedMessage */
  function ask(
    asked: { path: string; message: Buffer; timeoutMs: number },
    read: (response: Buffer) => number,
    ended: Ended,
  ) {
    return channel.call(asked, (result) => {
      ended(result.kind === 'error' ? new CallFailure(result) : outcomeOf(() => read(result.message)))
    })
  }

  if (model === undefined) {
    const { path, requestSerialize, responseDeserialize } = scheduler.Serve
    const exeTimeOf = (response: Buffer) => decode(responseDeserialize, response).exeTime
    const send: SendBatch = (batch, qWait, timeoutMs, ended) =>
      ask({ path, message: requestSerialize({ batch, qWait }), timeoutMs }, exeTimeOf, ended)
    return { send, protocol: { transport: 'grpc', metadata: undefined, isBinary: true } }
  }
  const { timeoutMs: limitMs, signal } = options
  const asked = { name: model, version: '' }
  const described = await callMethod(channel, inference.ModelMetadata, asked, limitMs, signal).catch(
    (error: CallFailure): ModelMetadata => {
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
  const { path } = inference.ModelInfer
  const noTimeOf = (response: Buffer) => {
    routedInference.checkResponse(response)
    return Number.NaN
  }
  const send: SendBatch = (batch, _waitedMs, timeoutMs, ended) =>
    ask({ path, message: requestOf(batch), timeoutMs }, noTimeOf, ended)
  return { send, protocol: { transport: 'grpc', metadata, isBinary: true } }
}

/** The service time that is read of an answer, or its failure if it is none of its protocol (a MalformedMessage). */
export function outcomeOf(read: () => number): Outcome {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return new CallFailure(invalidResponse('the server sent an invalid response'))
  }
}
