/**
 * The Open Inference Protocol, version 2, over HTTP: `/v2/models/{model}[/versions/{version}]/infer` and the questions
 * beside it. A body is JSON; with the header `inference-header-content-length`, tensors follow the JSON as bytes.
 */
import { status } from '../grpc/status.ts'
import { MalformedMessage } from './fields.ts'
import { endsObject, firstInputDimension, hasOutputs } from './json-shape.ts'

/** The length of the JSON in a body with binary tensors. */
export const JSON_LENGTH = 'inference-header-content-length'

/** What a path asks for. */
export type RestQuestion =
  | { readonly kind: 'server'; readonly ask: 'live' | 'ready' | 'metadata' | 'index' | 'stats' }
  | {
      readonly kind: 'model'
      readonly ask: 'infer' | 'ready' | 'metadata' | 'config' | 'stats'
      readonly model: string
      /** Empty: whichever the server chooses. */
      readonly version: string
    }

const SERVER_PATHS = new Map<string, Extract<RestQuestion, { kind: 'server' }>['ask']>([
  ['/v2', 'metadata'],
  ['/v2/health/live', 'live'],
  ['/v2/health/ready', 'ready'],
  ['/v2/repository/index', 'index'],
  // of all models, as Triton has it
  ['/v2/models/stats', 'stats'],
])

const MODEL_PATH = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(infer|ready|config|stats))?$/

/** Paths of Triton that act on one server: its models, shared memory, traces and log. */
export const OF_ONE_SERVER_PATH =
  /^\/v2\/(?:repository\/models\/|(?:system|cuda)sharedmemory\/|(?:models\/[^/]+\/)?trace\/setting$|logging$)/

/** The scheme and the host before a path: clients that take the server for a proxy send them (RFC 9112, 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?]*/i

/** Undefined for a path that the protocol does not have. @param url path and query, perhaps behind scheme and host */
export function parseRestPath(url: string): RestQuestion | undefined {
  const path = url.replace(ORIGIN, '').split('?')[0].replace(/\/$/, '')
  const ask = SERVER_PATHS.get(path)
  if (ask !== undefined) return { kind: 'server', ask }
  const found = MODEL_PATH.exec(path)
  if (found === null) return undefined
  try {
    const [, model, version = '', last = 'metadata'] = found
    return {
      kind: 'model',
      ask: last as Extract<RestQuestion, { kind: 'model' }>['ask'],
      model: decodeURIComponent(model),
      version: decodeURIComponent(version),
    }
  } catch {
    // an escape that is not UTF-8
    return undefined
  }
}

export function modelPath(model: string, version: string, last: string): string {
  const versions = version === '' ? '' : `/versions/${encodeURIComponent(version)}`
  return `/v2/models/${encodeURIComponent(model)}${versions}${last === '' ? '' : `/${last}`}`
}

/** The batch of an inference request: the first dimension of its first input, or NaN. @throws MalformedMessage */
export function readRestBatch(body: Buffer, jsonLength: string | undefined): number {
  return firstInputDimension(jsonOf(body, jsonLength))
}

/**
 * Checks the begin and the end of a response: the outputs between them are passed on unread.
 *
 * @throws MalformedMessage if it is not that of an inference, which has outputs, or does not end as an object
 * does, which most cut ones do not
 */
export function checkRestResponse(body: Buffer, jsonLength: string | undefined): void {
  const json = jsonOf(body, jsonLength)
  if (!hasOutputs(json) || !endsObject(json)) throw new MalformedMessage()
}

/** The JSON of a body that binary tensors may follow. @throws MalformedMessage */
export function jsonOf(body: Buffer, jsonLength: string | undefined): Buffer {
  if (jsonLength === undefined) return body
  const length = /^\d{1,10}$/.test(jsonLength) ? Number(jsonLength) : Number.NaN
  if (!(length <= body.length)) throw new MalformedMessage()
  return body.subarray(0, length)
}

const TO_HTTP: Readonly<Partial<Record<status, number>>> = {
  [status.INVALID_ARGUMENT]: 400,
  [status.OUT_OF_RANGE]: 400,
  [status.UNAUTHENTICATED]: 401,
  [status.PERMISSION_DENIED]: 403,
  [status.NOT_FOUND]: 404,
  [status.ALREADY_EXISTS]: 409,
  [status.ABORTED]: 409,
  [status.FAILED_PRECONDITION]: 412,
  [status.RESOURCE_EXHAUSTED]: 429,
  [status.CANCELLED]: 499,
  [status.UNIMPLEMENTED]: 501,
  [status.UNAVAILABLE]: 503,
  [status.DEADLINE_EXCEEDED]: 504,
}

/** The HTTP status that says the same as a code of gRPC. */
export function httpStatusOf(code: status): number {
  return TO_HTTP[code] ?? 500
}

const FROM_HTTP: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  408: status.DEADLINE_EXCEEDED,
  409: status.ABORTED,
  412: status.FAILED_PRECONDITION,
  413: status.INVALID_ARGUMENT,
  415: status.INVALID_ARGUMENT,
  422: status.INVALID_ARGUMENT,
  429: status.RESOURCE_EXHAUSTED,
  499: status.CANCELLED,
  500: status.INTERNAL,
  501: status.UNIMPLEMENTED,
  502: status.UNAVAILABLE,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
}

/** The code of gRPC that says the same as an HTTP status of a server of this protocol. */
export function codeOfRest(httpStatus: number): status {
  return FROM_HTTP[httpStatus] ?? (httpStatus < 500 ? status.INVALID_ARGUMENT : status.UNKNOWN)
}

/** An error that is larger is not read, bytes: parsed, two bytes of it may take 30. */
const MAX_ERROR_BYTES = 65_536

/** The text of an error, whose body is `{ "error": "…" }`; undefined for a body of another kind. */
export function restErrorOf(body: Buffer): string | undefined {
  if (body.length > MAX_ERROR_BYTES) return undefined
  try {
    const { error } = JSON.parse(body.toString()) as { error?: unknown }
    return typeof error === 'string' ? error : undefined
  } catch {
    return undefined
  }
}
