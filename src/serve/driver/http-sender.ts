/** Batches over HTTP, in the Open Inference Protocol. */
import { abortable } from '../abortable.ts'
import { invalidResponse, problem } from '../grpc/client/client-call.ts'
import { CallFailure } from '../grpc/client/remote-method.ts'
import { status } from '../grpc/status.ts'
import type { HttpClient, HttpRequest, HttpResponse, HttpResult } from '../http/client.ts'
import type { ModelMetadata, TensorMetadata } from '../protocols/inference.ts'
import { resolveInputs } from '../protocols/model-inputs.ts'
import { checkRestResponse, codeOfRest, JSON_LENGTH, modelPath, restErrorOf } from '../protocols/rest.ts'
import { zeroRequest } from '../protocols/zeros.ts'
import { type ModelOptions, type Outcome, outcomeOf, type Sender } from './batch-sender.ts'
import { keptRequests } from './kept-requests.ts'

interface EncodedRequest {
  readonly body: Buffer
  readonly headers: Record<string, string>
}

/**
 * Prepares sending batches of zeros, as binary tensors where the server takes them, and as JSON otherwise.
 *
 * @returns the failure if there is no HTTP
 * @throws CallFailure if the server does not describe the model; KairosError as `resolveInputs`; the reason of an
 *   aborted signal
 */
export async function httpSender(
  client: HttpClient,
  model: string,
  options: ModelOptions,
): Promise<Sender | CallFailure> {
  const { timeoutMs, signal } = options
  const get = (path: string) => ask(client, { method: 'GET', path, timeoutMs }, signal)
  const live = await get('/v2/health/live')
  // what speaks no HTTP is no server that fails: another address is the cure
  if (live.kind === 'error') return new CallFailure(problem(status.UNAVAILABLE, live.details, 'connection'))
  const described = jsonOf<ModelMetadata | null>(await get(modelPath(model, '', '')))
  const inputs = described?.inputs ?? []
  if (!described || !Array.isArray(inputs) || !inputs.every((input) => Array.isArray(input?.shape))) {
    throw new CallFailure(invalidResponse('the server describes the model without the shapes of its inputs'))
  }
  const { metadata, notes } = resolveInputs({ ...described, inputs }, options)
  for (const note of notes) options.onNote?.(note)
  const about = await get('/v2')
  const extensions = about.kind === 'response' ? about.body.toString() : ''
  const isBinary = extensions.includes('binary_tensor_data')
  const requestOf = keptRequests(
    (batch) => encodeRequest(metadata, batch, isBinary),
    ({ body }) => body.length,
  )
  const path = modelPath(model, '', 'infer')
  return {
    protocol: { transport: 'http', metadata, isBinary },
    send(batch, _waitedMs, limitMs, ended) {
      const asked: HttpRequest = { method: 'POST', path, ...requestOf(batch), timeoutMs: limitMs }
      return client.request(asked, (result) => ended(failureOf(result) ?? outcomeOfInference(result)))
    },
    async ping() {
      const failure = failureOf(await get('/v2/health/live'))
      if (failure) throw failure
    },
    close: client.close,
  }
}

/** The result of a request. @throws the reason of an aborted signal */
function ask(client: HttpClient, asked: HttpRequest, signal: AbortSignal | undefined): Promise<HttpResult> {
  return abortable(signal, (resolve) => client.request(asked, resolve))
}

/** The most bytes of tensors that are sent as JSON, where an element of one byte may take six. */
const MOST_JSON_TENSOR_BYTES = 2 ** 28

function encodeRequest(metadata: ModelMetadata, batch: number, isBinary: boolean): EncodedRequest {
  if (!isBinary) {
    const { inputs } = zeroRequest(metadata, batch, MOST_JSON_TENSOR_BYTES)
    const tensors = inputs.map((input) => {
      const open = JSON.stringify(input).slice(0, -1)
      return Buffer.concat([Buffer.from(`${open},"data":[`), zerosInJson(input), Buffer.from(']}')])
    })
    const separated = tensors.flatMap((tensor) => [COMMA, tensor]).slice(1)
    const body = Buffer.concat([Buffer.from('{"inputs":['), ...separated, Buffer.from(']}')])
    return { body, headers: { 'content-type': 'application/json' } }
  }
  const { inputs, rawInputContents = [] } = zeroRequest(metadata, batch)
  const tensors = inputs.map((input, i) => {
    return { ...input, parameters: { binary_data_size: rawInputContents[i].length } }
  })
  const json = Buffer.from(JSON.stringify({ inputs: tensors, parameters: { binary_data_output: true } }))
  const headers = { 'content-type': 'application/octet-stream', [JSON_LENGTH]: String(json.length) }
  return { body: Buffer.concat([json, ...rawInputContents]), headers }
}

const COMMA = Buffer.from(',')

/** The elements of a tensor, with commas between them. A list of millions of numbers takes 16 times the memory. */
function zerosInJson({ datatype, shape }: Pick<TensorMetadata, 'datatype' | 'shape'>): Buffer {
  const zero = datatype === 'BYTES' ? '""' : datatype === 'BOOL' ? 'false' : '0'
  const elements = shape.reduce((size, dimension) => size * dimension, 1)
  return Buffer.alloc(Math.max(0, elements * (zero.length + 1) - 1), `${zero},`)
}

function jsonOf<Value>(result: HttpResult): Value {
  const failure = failureOf(result)
  if (failure) throw failure
  try {
    return JSON.parse((result as HttpResponse).body.toString()) as Value
  } catch {
    throw new CallFailure(invalidResponse('the server describes the model in something else than JSON'))
  }
}

/** So much of an error is told: characters of its text, or bytes of a body of another kind. */
const MOST_ERROR = 300

function failureOf(result: HttpResult): CallFailure | undefined {
  if (result.kind === 'error') return new CallFailure(result)
  if (result.status === 200) return undefined
  const text = restErrorOf(result.body)?.slice(0, MOST_ERROR) ?? result.body.toString('utf8', 0, MOST_ERROR)
  return new CallFailure(problem(codeOfRest(result.status), `HTTP ${result.status}: ${text}`, 'server'))
}

function outcomeOfInference(result: HttpResult): Outcome {
  const { body, headers } = result as HttpResponse
  return outcomeOf(() => {
    checkRestResponse(body, headers[JSON_LENGTH] as string | undefined)
    return Number.NaN
  })
}
