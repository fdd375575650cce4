/** Batches over HTTP, in the Open Inference Protocol. */
import { status } from '@grpc/grpc-js'
import type { HttpClient, HttpResult } from '../http/client.ts'
import type { ModelMetadata } from '../protocols/inference.ts'
import { resolveInputs } from '../protocols/model-inputs.ts'
import { checkRestResponse, codeOfRest, JSON_LENGTH, modelPath } from '../protocols/rest.ts'
import { zeroRequest } from '../protocols/zeros.ts'
import {
  type CallFailure,
  failureOfAnswer,
  failureWith,
  type ModelOptions,
  type Sender,
} from './batch-sender.ts'

/** Most bytes of encoded requests that are kept to be sent again. */
const MOST_CACHED_BYTES = 2 ** 26

interface EncodedRequest {
  readonly body: Buffer
  readonly headers: Record<string, string>
}

/**
 * Prepares sending batches of zeros, as binary tensors where the server takes them, and as JSON otherwise.
 *
 * @returns undefined if there is no HTTP
 * @throws CallFailure if the server does not describe the model; KairosError as `resolveInputs`
 */
export async function httpSender(
  client: HttpClient,
  model: string,
  timeoutMs: number,
  options: ModelOptions = {},
): Promise<Sender | undefined> {
  const get = (path: string) =>
    new Promise<HttpResult>((resolve) => client.request({ method: 'GET', path, timeoutMs }, resolve))
  const live = await get('/v2/health/live')
  if (live.kind === 'failure') return undefined
  const described = jsonOf<ModelMetadata>(await get(modelPath(model, '', '')))
  const { metadata, notes } = resolveInputs({ ...described, inputs: described.inputs ?? [] }, options)
  for (const note of notes) options.onNote?.(note)
  const about = await get('/v2')
  const extensions = about.kind === 'response' ? about.body.toString() : ''
  const isBinary = extensions.includes('binary_tensor_data')
  const cached = new Map<number, EncodedRequest>()
  let cachedBytes = 0
  const encode = (batch: number) => {
    const request = encodeRequest(metadata, batch, isBinary)
    cachedBytes += request.body.length
    if (cachedBytes > MOST_CACHED_BYTES) {
      cached.clear()
      cachedBytes = request.body.length
    }
    cached.set(batch, request)
    return request
  }
  const path = modelPath(model, '', 'infer')
  return {
    spoken: { transport: 'http', metadata, isBinary },
    send(batch, _waitedMs, limitMs, answered) {
      const request = cached.get(batch) ?? encode(batch)
      return client.request({ method: 'POST', path, ...request, timeoutMs: limitMs }, (result) => {
        answered(failureOf(result) ?? failureOfInference(result) ?? null, Number.NaN)
      })
    },
    async ping() {
      const failure = failureOf(await get('/v2/health/live'))
      if (failure) throw failure
    },
    close: client.close,
  }
}

function encodeRequest(metadata: ModelMetadata, batch: number, isBinary: boolean): EncodedRequest {
  const { inputs, rawInputContents = [] } = zeroRequest(metadata, batch)
  if (!isBinary) {
    const tensors = inputs.map((input) => {
      const zero = input.datatype === 'BYTES' ? '' : input.datatype === 'BOOL' ? false : 0
      return {
        ...input,
        data: new Array(input.shape.reduce((size, dimension) => size * dimension, 1)).fill(zero),
      }
    })
    const body = Buffer.from(JSON.stringify({ inputs: tensors }))
    return { body, headers: { 'content-type': 'application/json' } }
  }
  const tensors = inputs.map((input, i) => {
    return { ...input, parameters: { binary_data_size: rawInputContents[i].length } }
  })
  const json = Buffer.from(JSON.stringify({ inputs: tensors, parameters: { binary_data_output: true } }))
  const headers = { 'content-type': 'application/octet-stream', [JSON_LENGTH]: String(json.length) }
  return { body: Buffer.concat([json, ...rawInputContents]), headers }
}

function jsonOf<Value>(result: HttpResult): Value {
  const failure = failureOf(result)
  if (failure) throw failure
  try {
    return JSON.parse((result as Extract<HttpResult, { kind: 'response' }>).body.toString()) as Value
  } catch {
    throw failureWith(status.INTERNAL, 'the server describes the model in something else than JSON')
  }
}

function failureOf(result: HttpResult): CallFailure | undefined {
  if (result.kind === 'failure') {
    const code = result.reason === 'deadline' ? status.DEADLINE_EXCEEDED : status.UNAVAILABLE
    return failureWith(code, result.details)
  }
  if (result.status === 200) return undefined
  const text = result.body.toString('utf8', 0, 300)
  return failureWith(codeOfRest(result.status), `HTTP ${result.status}: ${text}`)
}

function failureOfInference(result: HttpResult): CallFailure | undefined {
  const { body, headers } = result as Extract<HttpResult, { kind: 'response' }>
  return failureOfAnswer(() => checkRestResponse(body, headers[JSON_LENGTH] as string | undefined))
}
