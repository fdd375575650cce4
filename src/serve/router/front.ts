import { type Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { emulatedMetadata } from '../emulated-services.ts'
import { HEALTH, health } from '../protocols/health.ts'
import { inference } from '../protocols/inference.ts'
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
}

type Call = ServerUnaryCall<Buffer, Buffer>

const VERSION = '1'

/** Puts both protocols and the health protocol on a server, in front of the pools. */
export function addRouterServices(server: Server, { pools, clock, draining }: Front): void {
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
    ModelReady: tell(({ name }: { name: string }) => ({ ready: ready(pools.get(name)) })),
    ModelMetadata: (call: ServerUnaryCall<{ name: string }, object>, answer: sendUnaryData<object>) => {
      const { name } = call.request
      const pool = pools.get(name)
      if (!pool) return answer(noModel(name))
      const known = (pool.anyBackend() as GrpcBackend | undefined)?.metadata()
      return answer(null, { ...(known ?? emulatedMetadata(name)), name })
    },
  })
  server.addService(health as never, {
    Check: (call: ServerUnaryCall<{ service: string }, object>, answer: sendUnaryData<object>) => {
      const { service } = call.request
      const pool = pools.get(service)
      const known = pool || ['', 'grpc.Scheduler', 'inference.GRPCInferenceService'].includes(service)
      if (!known) return answer({ code: status.NOT_FOUND, details: `there is no service "${service}"` })
      const serving = pool ? ready(pool) : anyReady()
      return answer(null, { status: serving ? HEALTH.serving : HEALTH.notServing })
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
      if (!pool) answer(noModel(model))
      else submit(pool, call, answer, protocol, batch)
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
        if (outcome.kind === 'answer') answer(null, outcome.response)
        else answer({ code: outcome.code, details: outcome.details })
      },
    }
    call.on('cancelled', () => pool.abandon(job))
    pool.submit(job)
  }

  function noModel(name: string) {
    const details = `there is no model "${name}" here; there is ${[...pools.keys()].join(', ')}`
    return { code: status.NOT_FOUND, details }
  }
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
