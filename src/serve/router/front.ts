import { type Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { MalformedMessage } from '../protocols/fields.ts'
import { inference, type ModelMetadata } from '../protocols/inference.ts'
import { PROTOCOL_NAMES, type ProtocolName, ROUTED_PROTOCOLS } from '../protocols/registry.ts'
import { ZERO_VERSION, zeroMetadata } from '../protocols/zeros.ts'
import type { GrpcBackend } from './backend.ts'
import type { Clock } from './clock.ts'
import type { Job } from './job.ts'
import type { Pool } from './pool.ts'

export interface Front {
  /** Pools by the clients' name of their model. Requests of a protocol without models go to the first one. */
  readonly pools: ReadonlyMap<string, Pool>
  readonly clock: Clock
  draining(): boolean
  /** Called for each request for an unknown model. */
  unknownModel(): void
}

type Call = ServerUnaryCall<Buffer, Buffer>

interface ModelName {
  readonly name: string
  readonly version: string
}

/** Adds the routed methods of every protocol to a server, and the questions of the Open Inference Protocol. */
export function addRouterServices(server: Server, front: Front): void {
  const { pools, draining } = front
  for (const name of PROTOCOL_NAMES) {
    const { method } = ROUTED_PROTOCOLS[name]
    const handle = (call: Call, answer: sendUnaryData<Buffer>) => routeCall(front, name, call, answer)
    server.addService({ route: method } as never, { route: handle } as never)
  }
  const { ModelInfer: _, ...questions } = inference
  const isReady = (pool: Pool | undefined) => !draining() && pool !== undefined && pool.up > 0
  server.addService(questions as never, {
    ServerLive: reply(() => ({ live: true })),
    ServerReady: reply(() => ({ ready: [...pools.values()].some(isReady) })),
    ServerMetadata: reply(() => ({ name: 'kairos', version: ZERO_VERSION, extensions: [] })),
    ModelReady: reply(({ name, version }: ModelName) => ({
      ready: isReady(pools.get(name)) && hasVersion(metadataOf(pools, name), version),
    })),
    ModelMetadata: (call: ServerUnaryCall<ModelName, object>, answer: sendUnaryData<object>) => {
      const { name, version } = call.request
      const metadata = metadataOf(pools, name)
      if (pools.has(name) && hasVersion(metadata, version)) return answer(null, { ...metadata, name })
      return answer(unknownModelError(pools, name, version))
    },
  })
}

/** Reads the model and the batch of a call, and submits it to the pool of the model. */
function routeCall(front: Front, protocol: ProtocolName, call: Call, answer: sendUnaryData<Buffer>): void {
  const { pools, clock, unknownModel } = front
  try {
    const { model, batch } = ROUTED_PROTOCOLS[protocol].readRequest(call.request)
    const pool = model === undefined ? pools.values().next().value : pools.get(model)
    if (pool === undefined) {
      unknownModel()
      answer(unknownModelError(pools, model ?? ''))
    } else submit(pool, clock, protocol, batch, call, answer)
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    answer({ code: status.INVALID_ARGUMENT, details: 'the request is not a message of this protocol' })
  }
}

function submit(
  pool: Pool,
  clock: Clock,
  protocol: ProtocolName,
  batch: number,
  call: Call,
  answer: sendUnaryData<Buffer>,
): void {
  const arrivalMs = clock.now()
  const job: Job = {
    protocol,
    request: call.request,
    metadata: call.metadata,
    batch,
    arrivalMs,
    deadlineMs: arrivalMs + remainingMs(call),
    settle(outcome) {
      const { headers, trailers } = outcome
      if (headers !== undefined) call.sendMetadata(headers)
      if (outcome.kind === 'answer') answer(null, outcome.response, trailers)
      else answer({ code: outcome.code, details: outcome.details, ...(trailers && { metadata: trailers }) })
    },
  }
  call.on('cancelled', () => pool.cancel(job))
  pool.submit(job)
}

/** What a server says of the model; if none does, what the router answers for servers without this protocol. */
function metadataOf(pools: Front['pools'], name: string): ModelMetadata {
  const backend = pools.get(name)?.anyBackend() as GrpcBackend | undefined
  return backend?.metadata() ?? zeroMetadata(name, 'kairos')
}

/** Whether a model has a version; servers that list no versions accept all. */
function hasVersion({ versions }: ModelMetadata, version: string): boolean {
  return version === '' || versions.length === 0 || versions.includes(version)
}

function unknownModelError(pools: Front['pools'], name: string, version = '') {
  const asked = version === '' ? `model "${name}"` : `version "${version}" of a model "${name}"`
  const details = `there is no ${asked} here; there is ${[...pools.keys()].join(', ')}`
  return { code: status.NOT_FOUND, details }
}

/** Time until the client's deadline, ms. */
function remainingMs(call: Call): number {
  const deadline = call.getDeadline()
  const atMs = deadline instanceof Date ? deadline.getTime() : deadline
  return Number.isFinite(atMs) ? atMs - Date.now() : Infinity
}

function reply<Request>(answerOf: (request: Request) => object) {
  return (call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>) => {
    answer(null, answerOf(call.request))
  }
}
