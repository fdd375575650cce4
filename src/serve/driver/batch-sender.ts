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

/**
 * Called once, later, unless the call is cancelled: with an error, or with the service time that the server reports,
 * ms (NaN if it reports none).
 */
type Answered = (error: CallFailure | null, exeMs: number) => void

/** Sends a batch of zeros to one server. */
export type SendBatch = (
  batch: number,
  waitedMs: number,
  timeoutMs: number,
  answered: Answered,
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
    answered: Answered,
  ) {
    return channel.call(asked, (result) => {
      if (result.kind === 'error') return answered(new CallFailure(result), Number.NaN)
      let exeMs = Number.NaN
      const failure = failureOfAnswer(() => {
        exeMs = read(result.message)
      })
      answered(failure ?? null, exeMs)
    })
  }

  if (model === undefined) {
    const { path, requestSerialize, responseDeserialize } = scheduler.Serve
    const exeTimeOf = (response: Buffer) => decode(responseDeserialize, response).exeTime
    const send: SendBatch = (batch, qWait, timeoutMs, answered) =>
      ask({ path, message: requestSerialize({ batch, qWait }), timeoutMs }, exeTimeOf, answered)
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
  const send: SendBatch = (batch, _waitedMs, timeoutMs, answered) =>
    ask({ path, message: requestOf(batch), timeoutMs }, noTimeOf, answered)
  return { send, protocol: { transport: 'grpc', metadata, isBinary: true } }
}

/** The failure of an answer that is none of its protocol, which `check` finds by a MalformedMessage. */
export function failureOfAnswer(check: () => void): CallFailure | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return new CallFailure(invalidResponse('the server sent an invalid response'))
  }
}
