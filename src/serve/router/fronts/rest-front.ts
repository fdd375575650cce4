/** The Open Inference Protocol over HTTP, for clients. Questions about a model are answered by one of its servers. */
import { forwardedHeaders, type Headers } from '../../grpc/headers.ts'
import { LARGER_BUFFER, LARGER_LIMIT } from '../../grpc/status.ts'
import { type BodyProblem, type Exchange, TAKEN_ENCODINGS } from '../../http/exchange.ts'
import { MalformedMessage } from '../../protocols/fields.ts'
import { ASK_EACH_SERVER } from '../../protocols/inference.ts'
import {
  httpStatusOf,
  JSON_LENGTH,
  modelPath,
  OF_ONE_SERVER_PATH,
  parseRestPath,
  type RestQuestion,
  readRestBatch,
} from '../../protocols/rest.ts'
import type { Backend } from '../backends/backend.ts'
import { restHeaders } from '../backends/rest-server.ts'
import type { Outcome, Refusal } from '../job.ts'
import {
  ASK_MS,
  type Front,
  hasVersion,
  isAnyReady,
  isReady,
  metadataOf,
  ROUTER_NAME,
  speaksHttp,
  submit,
  undescribed,
  unknownModelError,
} from './front.ts'

type ModelQuestion = Extract<RestQuestion, { kind: 'model' }>

/** The path of a method of gRPC, to which clients of gRPC-Web and Connect send other requests. */
const GRPC_PATH = /^\/\w+(?:\.\w+)+\/\w+$/
const ONLY_GRPC =
  'methods of gRPC need HTTP/2 and the content type application/grpc; use a client of gRPC, or a proxy that translates gRPC-Web and Connect'
const OTHER_PATHS = 'use /v2/health/live, /v2/health/ready and /v2/models/{model}/infer, or gRPC'

/** Answers a request over HTTP. */
export function answerRest(front: Front, exchange: Exchange): void {
  const { method, url } = exchange
  const question = parseRestPath(url)
  if (question === undefined) {
    const [path] = url.split('?')
    return void refuse(exchange, 404, `there is no ${path} here: ${cureOfPath(path)}`)
  }
  const expected = question.ask === 'infer' || question.ask === 'index' ? 'POST' : 'GET'
  if (method !== expected && !(expected === 'GET' && method === 'HEAD')) {
    const allow = expected === 'GET' ? 'GET, HEAD' : expected
    return void refuse(exchange, 405, `${method} is not allowed here; use ${expected}`, { allow })
  }
  if (question.kind === 'server') answerServer(front, exchange, question.ask)
  else if (question.ask === 'infer') infer(front, exchange, question)
  else answerModel(front, exchange, question)
}

function cureOfPath(path: string): string {
  if (OF_ONE_SERVER_PATH.test(path)) return ASK_EACH_SERVER
  return GRPC_PATH.test(path) ? ONLY_GRPC : OTHER_PATHS
}

function answerServer(
  front: Front,
  exchange: Exchange,
  ask: Extract<RestQuestion, { kind: 'server' }>['ask'],
): void {
  if (ask === 'live') return void json(exchange, 200, { live: true })
  if (ask === 'metadata') return void answerMetadata(front, exchange)
  if (ask === 'ready') {
    const ready = isAnyReady(front)
    return void json(exchange, ready ? 200 : 400, { ready })
  }
  const [pool] = front.pools.values()
  const path = ask === 'index' ? '/v2/repository/index' : '/v2/models/stats'
  return void passOn(exchange, pool.anyBackend(speaksHttp), path)
}

const BINARY = 'binary_tensor_data'

/** Requests are passed on as they are: binary tensors may be sent where a server of each model takes them. */
function answerMetadata({ pools }: Front, exchange: Exchange): void {
  const servers = [...pools.values()].flatMap((pool) => pool.anyBackend(speaksHttp)?.rest() ?? [])
  let left = servers.length
  let takesBinary = left > 0
  const answer = () =>
    json(exchange, 200, { name: ROUTER_NAME, version: '', extensions: takesBinary ? [BINARY] : [] })
  if (left === 0) return void answer()
  const running = servers.map((rest) =>
    rest.ask({ method: 'GET', path: '/v2', timeoutMs: ASK_MS }, (result) => {
      takesBinary &&= result.kind === 'response' && result.status === 200 && result.body.includes(BINARY)
      left--
      if (left === 0) answer()
    }),
  )
  exchange.onCancel(() => {
    for (const each of running) each.cancel()
  })
}

function answerModel(front: Front, exchange: Exchange, { ask, model, version }: ModelQuestion): void {
  const { pools } = front
  const pool = pools.get(model)
  if (pool === undefined) return void refuse(exchange, 404, unknownModelError(front, model).details)
  // a router that drains is not ready, even if its servers are
  if (ask === 'ready' && !isReady(front, pool)) return void json(exchange, 400, { name: model, ready: false })
  const backend = pool.anyBackend(speaksHttp)
  const last = ask === 'metadata' ? '' : ask
  if (backend?.rest() !== undefined)
    return void passOn(exchange, backend, modelPath(backend.model, version, last))
  const metadata = metadataOf(front, model)
  const isKnown = hasVersion(metadata, version)
  if (ask === 'ready') return void json(exchange, isKnown ? 200 : 400, { name: model, ready: isKnown })
  if (!isKnown) return void refuse(exchange, 404, unknownModelError(front, model, version).details)
  if (ask === 'metadata' && metadata) return void json(exchange, 200, { ...metadata, name: model })
  const isOut = pool.up === 0
  if (isOut || ask === 'metadata')
    return void refuse(exchange, isOut ? 503 : 501, undescribed(front, model).details)
  return void refuse(exchange, 501, `its servers do not speak HTTP, which ${ask} needs`)
}

/** Passes a question on to a server. */
function passOn(exchange: Exchange, backend: Backend | undefined, path: string): void {
  const rest = backend?.rest()
  if (backend === undefined) return void refuse(exchange, 503, 'no server can answer')
  if (rest === undefined) return void refuse(exchange, 501, 'its servers do not speak HTTP')
  exchange.readBody((body) => {
    if (!Buffer.isBuffer(body)) return void refuseBody(exchange, body)
    const headers = requestHeaders(exchange)
    const asked =
      exchange.method === 'POST'
        ? ({ method: 'POST', path, headers, body, timeoutMs: ASK_MS } as const)
        : ({ method: 'GET', path, headers, timeoutMs: ASK_MS } as const)
    const running = rest.ask(asked, (result) => {
      if (result.kind === 'error') refuse(exchange, statusOfFailure(result), result.details)
      else exchange.respond(result.status, restHeaders(result), result.body)
    })
    exchange.onCancel(() => running.cancel())
  })
}

/** 502 for a response that a server must not send (RFC 9110, 15.6.3), otherwise the status of the code. */
function statusOfFailure({ origin, code }: Pick<Refusal, 'origin' | 'code'>): number {
  return origin === 'invalid' ? 502 : httpStatusOf(code)
}

function infer(front: Front, exchange: Exchange, { model, version }: ModelQuestion): void {
  exchange.readBody((body) => {
    if (!Buffer.isBuffer(body)) return void refuseBody(exchange, body)
    try {
      const batch = readRestBatch(body, exchange.headers[JSON_LENGTH] as string | undefined)
      const request = {
        protocol: 'rest',
        request: body,
        headers: requestHeaders(exchange),
        batch,
        version,
      } as const
      exchange.onCancel(submit(front, model, request, Infinity, (outcome) => settle(exchange, outcome)))
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      front.malformed()
      refuse(exchange, 400, 'the body is not an inference request in JSON')
    }
  })
}

/** The headers for a server; the type and the length of the JSON belong to the body. */
function requestHeaders({ headers }: Exchange) {
  const { 'content-type': type = 'application/json' } = headers
  return { ...forwardedHeaders(headers), 'content-type': type }
}

function settle(exchange: Exchange, outcome: Outcome): void {
  if (outcome.kind === 'answer') exchange.respond(200, outcome.headers ?? {}, outcome.response)
  else if (outcome.http !== undefined)
    exchange.respond(outcome.http.status, outcome.http.headers, outcome.http.body)
  else refuse(exchange, statusOfFailure(outcome), outcome.details)
}

function refuseBody(exchange: Exchange, problem: BodyProblem): void {
  if (problem === 'tooLarge') {
    const details = `the body has more than ${exchange.maxBodyBytes} bytes, which is the limit${LARGER_LIMIT}`
    refuse(exchange, 413, details)
  } else if (problem === 'unknownEncoding') {
    const encoding = exchange.headers['content-encoding']
    const details = `the content-encoding "${encoding}" is not taken; use ${TAKEN_ENCODINGS} or none`
    refuse(exchange, 415, details, { 'accept-encoding': TAKEN_ENCODINGS })
  } else if (problem === 'noMemory') {
    refuse(exchange, 429, `the router holds too many bytes of requests${LARGER_BUFFER}`)
  } else refuse(exchange, 400, 'the body cannot be read in its content-encoding')
}

function refuse(exchange: Exchange, httpStatus: number, error: string, headers?: Headers): void {
  json(exchange, httpStatus, { error }, headers)
}

function json(exchange: Exchange, httpStatus: number, body: object, headers?: Headers): void {
  exchange.respond(httpStatus, { ...headers, 'content-type': 'application/json' }, JSON.stringify(body))
}
