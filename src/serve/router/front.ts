import { status } from '@grpc/grpc-js'
import { forwardedHeaders } from '../grpc/headers.ts'
import type { Method } from '../grpc/server.ts'
import type { Ending } from '../grpc/server-call.ts'
import { type UnaryCall, unaryBytes, unaryMessages } from '../grpc/unary.ts'
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

/** The routed methods of every protocol, and the questions of the Open Inference Protocol, by path. */
export function routerMethods(front: Front): Map<string, Method> {
  const { pools, draining } = front
  const methods = new Map<string, Method>()
  for (const name of PROTOCOL_NAMES) {
    const { method } = ROUTED_PROTOCOLS[name]
    methods.set(
      method.path,
      unaryBytes((call) => routeCall(front, name, call)),
    )
  }
  const isReady = (pool: Pool | undefined) => !draining() && pool !== undefined && pool.up > 0
  const { ServerLive, ServerReady, ServerMetadata, ModelReady, ModelMetadata } = inference
  const live = unaryMessages(ServerLive, () => ({ response: { live: true } }))
  const ready = unaryMessages(ServerReady, () => ({ response: { ready: [...pools.values()].some(isReady) } }))
  const own = unaryMessages(ServerMetadata, () => ({
    response: { name: 'kairos', version: ZERO_VERSION, extensions: [] },
  }))
  const modelReady = unaryMessages(ModelReady, ({ name, version }) => ({
    response: { ready: isReady(pools.get(name)) && hasVersion(metadataOf(pools, name), version) },
  }))
  const modelMetadata = unaryMessages(ModelMetadata, ({ name, version }) => {
    const metadata = metadataOf(pools, name)
    if (pools.has(name) && hasVersion(metadata, version)) return { response: { ...metadata, name } }
    return unknownModelError(pools, name, version)
  })
  methods.set(ServerLive.path, live)
  methods.set(ServerReady.path, ready)
  methods.set(ServerMetadata.path, own)
  methods.set(ModelReady.path, modelReady)
  return methods.set(ModelMetadata.path, modelMetadata)
}

/** Reads the model and the batch of a call, and submits it to the pool of the model. */
function routeCall(front: Front, protocol: ProtocolName, call: UnaryCall): void {
  const { pools, clock, unknownModel } = front
  try {
    const { model, batch } = ROUTED_PROTOCOLS[protocol].readRequest(call.request)
    const pool = model === undefined ? pools.values().next().value : pools.get(model)
    if (pool === undefined) {
      unknownModel()
      call.fail(unknownModelError(pools, model ?? ''))
    } else submit(pool, clock, protocol, batch, call)
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    call.fail({ code: status.INVALID_ARGUMENT, details: 'the request is not a message of this protocol' })
  }
}

function submit(pool: Pool, clock: Clock, protocol: ProtocolName, batch: number, call: UnaryCall): void {
  const arrivalMs = clock.now()
  const job: Job = {
    protocol,
    request: call.request,
    headers: forwardedHeaders(call.headers),
    batch,
    arrivalMs,
    deadlineMs: arrivalMs + call.timeoutMs,
    settle(outcome) {
      if (outcome.kind === 'answer') call.respond(outcome.response, outcome.headers, outcome.trailers)
      else call.fail(outcome)
    },
  }
  call.onCancel(() => pool.cancel(job))
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

function unknownModelError(pools: Front['pools'], name: string, version = ''): Ending {
  const asked = version === '' ? `model "${name}"` : `version "${version}" of a model "${name}"`
  const details = `there is no ${asked} here; there is ${[...pools.keys()].join(', ')}`
  return { code: status.NOT_FOUND, details }
}
