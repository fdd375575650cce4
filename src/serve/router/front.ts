import { type Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { emulatedMetadata } from '../emulator/emulated-services.ts'
import { inference, type ModelMetadata } from '../protocols/inference.ts'
import { raw } from '../protocols/package.ts'
import { scheduler } from '../protocols/scheduler.ts'
import { MalformedMessage, readInfer, readJob } from '../protocols/wire.ts'
import type { GrpcBackend } from './backend.ts'
import type { Clock, Job, Protocol } from './job.ts'
import type { Pool } from './pool.ts'

export interface Front {
  /** Pools by what clients call their model; the first one also serves requests that name none. */
  readonly pools: ReadonlyMap<string, Pool>
  readonly clock: Clock
  draining(): boolean
  /** Told of each request for a model that is not here. */
  unknown(): void
}

type Call = ServerUnaryCall<Buffer, Buffer>

interface ModelName {
  readonly name: string
  readonly version: string
}

const VERSION = '1'

/** Puts both protocols on a server, in front of the pools. */
export function addRouterServices(server: Server, { pools, clock, draining, unknown }: Front): void {
  const [first] = pools.values()
  const ready = (pool: Pool | undefined) => !draining() && pool !== undefined && pool.up > 0
  const anyReady = () => [...pools.values()].some(ready)

  server.addService({ Serve: raw(scheduler.Serve) } as never, {
    Serve: (call: Call, answer: sendUnaryData<Buffer>) => {
      passOn(call, answer, 'scheduler', () => ({ pool: first, batch: readJob(call.request).batch }))
    },
  })
  server.addService({ ModelInfer: raw(inference.ModelInfer) } as never, {
    ModelInfer: (call: Call, answer: sendUnaryData<Buffer>) => {
      passOn(call, answer, 'inference', () => {
        const { model, batch } = readInfer(call.request)
        return { pool: pools.get(model), batch, model }
      })
    },
  })
  const { ModelInfer: _, ...questions } = inference
  server.addService(questions as never, {
    ServerLive: tell(() => ({ live: true })),
    ServerReady: tell(() => ({ ready: anyReady() })),
    ServerMetadata: tell(() => ({ name: 'kairos', version: VERSION, extensions: [] })),
    ModelReady: tell(({ name, version }: ModelName) => ({
      ready: ready(pools.get(name)) && hasVersion(metadataOf(name), version),
    })),
    ModelMetadata: (call: ServerUnaryCall<ModelName, object>, answer: sendUnaryData<object>) => {
      const { name, version } = call.request
      const metadata = metadataOf(name)
      if (pools.has(name) && hasVersion(metadata, version)) return answer(null, { ...metadata, name })
      return answer(noModel(name, version))
    },
  })

  function passOn(
    call: Call,
    answer: sendUnaryData<Buffer>,
    protocol: Protocol,
    read: () => { pool: Pool | undefined; batch: number; model?: string },
  ): void {
    try {
      const { pool, batch, model = '' } = read()
      if (!pool) {
        unknown()
        answer(noModel(model))
      } else submit(pool, call, answer, protocol, batch)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      answer({ code: status.INVALID_ARGUMENT, details: 'the request is not a message of this protocol' })
    }
  }

  function submit(
    pool: Pool,
    call: Call,
    answer: sendUnaryData<Buffer>,
    protocol: Protocol,
    batch: number,
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
    call.on('cancelled', () => pool.abandon(job))
    pool.submit(job)
  }

  /** What a server of the model tells, or what it is where none does. */
  function metadataOf(name: string): ModelMetadata {
    const backend = pools.get(name)?.anyBackend() as GrpcBackend | undefined
    return backend?.metadata() ?? emulatedMetadata(name)
  }

  function noModel(name: string, version = '') {
    const asked = version === '' ? `model "${name}"` : `version "${version}" of a model "${name}"`
    const details = `there is no ${asked} here; there is ${[...pools.keys()].join(', ')}`
    return { code: status.NOT_FOUND, details }
  }
}

/** Whether a model has a version; servers that name none do not mind. */
function hasVersion({ versions }: ModelMetadata, version: string): boolean {
  return version === '' || versions.length === 0 || versions.includes(version)
}

/** How long the client is going to wait, ms. */
function remainingMs(call: Call): number {
  const deadline = call.getDeadline()
  const atMs = deadline instanceof Date ? deadline.getTime() : deadline
  return Number.isFinite(atMs) ? atMs - Date.now() : Infinity
}

function tell<Request>(answerOf: (request: Request) => object) {
  return (call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>) => {
    answer(null, answerOf(call.request))
  }
}
