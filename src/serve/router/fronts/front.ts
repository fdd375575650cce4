import { realClock } from '../../clock.ts'
import type { Method } from '../../grpc/server/server.ts'
import type { Ending, ServerCall } from '../../grpc/server/server-call.ts'
import { NOT_A_MESSAGE, readMessage, unaryBytes, unaryMessages } from '../../grpc/server/unary.ts'
import { status } from '../../grpc/status.ts'
import { MalformedMessage, textOf, unlessMalformed, withText } from '../../protocols/fields.ts'
import {
  ASK_EACH_SERVER,
  inference,
  type ModelMetadata,
  OF_ONE_SERVER,
  PASSED_QUESTIONS,
  REPOSITORY_INDEX,
  STREAM_INFER,
} from '../../protocols/inference.ts'
import type { GrpcProtocols, ProtocolName } from '../../protocols/registry.ts'
import { zeroMetadata } from '../../protocols/zeros.ts'
import type { Backend } from '../backends/backend.ts'
import type { Job, Outcome, Payload } from '../job.ts'
import type { Pool } from '../pool/pool.ts'
import { streamInfer } from './stream-infer.ts'

export interface Front {
  readonly protocols: GrpcProtocols
  /** Pools by the clients' name of their model. Requests of a protocol without models go to the first one. */
  readonly pools: ReadonlyMap<string, Pool>
  /** Whether requests are translated for servers of another protocol. */
  readonly translate: boolean
  draining(): boolean
  /** Called for each request for an unknown model. */
  unknownModel(): void
  /** Called for each request whose message is none of its protocol. */
  malformed(): void
}

/** Time for a question that is passed on, ms. */
export const ASK_MS = 10_000

/** The routed methods of every protocol, and the questions of the Open Inference Protocol, by path. */
export function routerMethods(front: Front): Map<string, Method> {
  const { pools, protocols, malformed } = front
  const methods = new Map<string, Method>()
  for (const [name, { path }] of protocols) {
    const route = unaryBytes((call, request) =>
      routeRequest(front, name, request, call, (outcome) => {
        if (outcome.kind === 'answer') call.finish(outcome.response, outcome.headers, outcome.trailers)
        else call.end(outcome)
      }),
    )
    methods.set(path, route)
  }
  const stream = streamInfer((request, { headers }, settle) =>
    // the deadline of a stream is not that of its requests
    routeRequest(front, 'inference', request, { headers, timeoutMs: Infinity }, settle),
  )
  methods.set(STREAM_INFER, stream)
  for (const path of PASSED_QUESTIONS) methods.set(path, passOn(front, path))
  methods.set(REPOSITORY_INDEX, passOn(front, REPOSITORY_INDEX))
  for (const path of OF_ONE_SERVER)
    methods.set(
      path,
      unaryBytes((call) => void call.end(ofOneServer(path))),
    )
  const { ServerLive, ServerReady, ServerMetadata, ModelReady, ModelMetadata } = inference
  const live = () => ({ response: { live: true } })
  const ready = () => ({ response: { ready: isAnyReady(front) } })
  const own = () => ({ response: { name: ROUTER_NAME, version: '', extensions: [] } })
  const modelReady = ({ name, version }: { name: string; version: string }) => ({
    response: { ready: isReady(front, pools.get(name)) && hasVersion(metadataOf(front, name), version) },
  })
  methods.set(...unaryMessages(ServerLive, live, malformed))
  methods.set(...unaryMessages(ServerReady, ready, malformed))
  methods.set(...unaryMessages(ServerMetadata, own, malformed))
  methods.set(...unaryMessages(ModelReady, modelReady, malformed))
  return methods.set(ModelMetadata.path, describeModel(front))
}

/** Whether a model can be served. */
export function isReady({ draining }: Front, pool: Pool | undefined): boolean {
  return !draining() && pool !== undefined && pool.up > 0
}

/** Whether one of the models can be. */
export function isAnyReady(front: Front): boolean {
  return [...front.pools.values()].some((pool) => isReady(front, pool))
}

/**
 * Reads the model and the batch of a request over gRPC, and submits it to the pool of the model.
 *
 * @param settle called once, unless it is cancelled
 * @returns a function that cancels it
 */
function routeRequest(
  front: Front,
  protocol: ProtocolName,
  request: Buffer,
  { headers, timeoutMs }: Pick<ServerCall, 'headers' | 'timeoutMs'>,
  settle: (outcome: Outcome) => void,
): () => void {
  try {
    const { model, batch } = front.protocols.get(protocol)!.readRequest(request)
    return submit(front, model, { protocol, request, headers, batch }, timeoutMs, settle)
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    front.malformed()
    const details = 'the request is not a message of this protocol'
    settle({ kind: 'refusal', code: status.INVALID_ARGUMENT, details })
    return () => undefined
  }
}

/**
 * Submits a request to the pool of its model.
 *
 * @param model undefined in a protocol without models: those requests go to the first pool
 * @returns a function that cancels it
 */
export function submit(
  front: Front,
  model: string | undefined,
  request: Payload,
  timeoutMs: number,
  settle: (outcome: Outcome) => void,
): () => void {
  const { pools, unknownModel } = front
  const pool = model === undefined ? pools.values().next().value : pools.get(model)
  if (pool === undefined) {
    unknownModel()
    settle({ kind: 'refusal', ...unknownModelError(front, model ?? '') })
    return () => undefined
  }
  const arrivalMs = realClock.now()
  const { protocol, request: bytes, headers, batch, version } = request
  const deadlineMs = arrivalMs + timeoutMs
  const job: Job = { protocol, request: bytes, headers, batch, version, arrivalMs, deadlineMs, settle }
  pool.submit(job)
  return () => pool.cancel(job)
}

/** A question that one server of the model answers in its own words. */
function passOn(front: Front, path: string): Method {
  const { pools } = front
  return unaryBytes((call, request) => {
    const first = unlessMalformed(() => textOf(request, 1))
    if (first === undefined) return void refuseMalformed(front, call)
    const name = path === REPOSITORY_INDEX ? '' : first
    // a question without a name is about all models: one server of the first pool answers
    const pool = name === '' ? pools.values().next().value : pools.get(name)
    if (pool === undefined) return void call.end(unknownModelError(front, name))
    const backend = pool.anyBackend(({ speaks }) => speaks('inference'))
    if (backend === undefined)
      return void call.end({ code: status.UNAVAILABLE, details: 'no server can answer' })
    if (backend.rest() !== undefined) return void call.end(ONLY_HTTP)
    return askServer(call, request, backend, name !== '', (response) => response)
  })
}

/** ModelMetadata is answered by one server too, with the clients' name of the model. */
function describeModel(front: Front): Method {
  const { requestDeserialize, responseSerialize } = inference.ModelMetadata
  return unaryBytes((call, request) => {
    const asked = readMessage(requestDeserialize, request)
    if (asked === undefined) return void refuseMalformed(front, call)
    const { name, version } = asked
    const metadata = metadataOf(front, name)
    const pool = front.pools.get(name)
    if (!pool || !hasVersion(metadata, version)) return void call.end(unknownModelError(front, name, version))
    if (metadata === undefined) return void call.end(undescribed(front, name))
    const backend = pool.anyBackend(describes)
    if (backend?.metadata() === undefined) return void call.finish(responseSerialize({ ...metadata, name }))
    return askServer(call, request, backend, true, (response) => withText(response, 1, name))
  })
}

/** @returns a function that cancels the question */
function askServer(
  call: ServerCall,
  request: Buffer,
  backend: Backend,
  named: boolean,
  answerOf: (response: Buffer) => Buffer,
): () => void {
  const { path, headers } = call
  const asked = { path, message: request, headers, timeoutMs: Math.min(call.timeoutMs, ASK_MS) }
  const running = backend.ask(asked, named, (result) => {
    if (result.kind === 'response') call.finish(answerOf(result.message), result.headers, result.trailers)
    else call.end(result)
  })
  return () => running.cancel()
}

function refuseMalformed({ malformed }: Front, call: ServerCall): void {
  malformed()
  call.end(NOT_A_MESSAGE)
}

/** The name of the router in the metadata of the server. */
export const ROUTER_NAME = 'kairos'

/**
 * What a server says of the model; undefined if none does. Where requests are translated, the model takes and gives
 * zeros.
 */
export function metadataOf({ pools, translate }: Front, name: string): ModelMetadata | undefined {
  const backend = pools.get(name)?.anyBackend(describes)
  return backend?.metadata() ?? (translate ? zeroMetadata(name, ROUTER_NAME) : undefined)
}

function describes(backend: Backend): boolean {
  return backend.metadata() !== undefined
}

/** Whether a model has a version; servers that list no versions accept all. */
export function hasVersion(metadata: ModelMetadata | undefined, version: string): boolean {
  const versions = metadata?.versions ?? []
  return version === '' || versions.length === 0 || versions.includes(version)
}

/** The error for a question about a model that no server describes over gRPC. */
export function undescribed({ pools }: Front, name: string): Ending {
  const pool = pools.get(name)!
  if (pool.up === 0) return { code: status.UNAVAILABLE, details: `no server of "${name}" can answer` }
  if (pool.anyBackend(speaksHttp)?.rest() !== undefined) return ONLY_HTTP
  return { code: status.UNIMPLEMENTED, details: `the servers of "${name}" do not describe it` }
}

/** A question over gRPC to servers of HTTP. */
const ONLY_HTTP: Ending = {
  code: status.UNIMPLEMENTED,
  details: 'the servers of the model speak HTTP, not gRPC: ask over HTTP',
}

function ofOneServer(path: string): Ending {
  const details = `the router does not pass on ${path}: ${ASK_EACH_SERVER}`
  return { code: status.UNIMPLEMENTED, details }
}

export function speaksHttp({ speaks }: Backend): boolean {
  return speaks('rest')
}

export function unknownModelError(front: Front, name: string, version = ''): Ending {
  const { pools } = front
  const details =
    version !== '' && pools.has(name)
      ? `there is no version "${version}" of "${name}" here; there is ${metadataOf(front, name)?.versions.join(', ')}`
      : `there is no model "${name}" here; there is ${[...pools.keys()].join(', ')}`
  return { code: status.NOT_FOUND, details }
}
