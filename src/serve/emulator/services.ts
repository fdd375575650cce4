import { type Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import { KairosError } from '../../model/errors.ts'
import { HEALTH_SERVICES } from '../protocols/health.ts'
import { inference } from '../protocols/inference.ts'
import { scheduler } from '../protocols/scheduler.ts'
import { ZERO_VERSION, zeroMetadata, zeroResponse } from '../protocols/zeros.ts'
import type { EmulatedInstance } from './instance.ts'

/** Queries that may wait at one instance; further ones are rejected. */
const MOST_WAITING = 10_000

const PLATFORM = 'kairos_emulator'

/** Adds all three protocols to a server, in front of one instance. The server, its services and its model are healthy. */
export function addEmulatedServices(
  server: Server,
  instance: EmulatedInstance,
  model: string,
  index: number,
): void {
  server.addService(scheduler as never, {
    Serve: handler(scheduler.Serve, ({ call, answer }) => {
      const { batch, qWait } = call.request
      serve(instance, batch, call, answer, (exeTime) => ({ exeTime, idx: index, qWait }))
    }),
  })
  const health = new HealthImplementation(
    Object.fromEntries([...HEALTH_SERVICES, model].map((name) => [name, 'SERVING'])),
  )
  // grpc-health-check has its types from another version of grpc-js
  health.addToServer(server as never)
  server.addService(inference as never, {
    ServerLive: handler(inference.ServerLive, ({ answer }) => answer(null, { live: true })),
    ServerReady: handler(inference.ServerReady, ({ answer }) => answer(null, { ready: true })),
    ServerMetadata: handler(inference.ServerMetadata, ({ answer }) => {
      answer(null, { name: PLATFORM, version: ZERO_VERSION, extensions: [] })
    }),
    ModelReady: handler(inference.ModelReady, ({ call, answer }) => {
      answer(null, { ready: isModel(call.request.name, call.request.version) })
    }),
    ModelMetadata: handler(inference.ModelMetadata, ({ call, answer }) => {
      if (isModel(call.request.name, call.request.version)) answer(null, zeroMetadata(model, PLATFORM))
      else answer(unknownModel(call.request.name, call.request.version))
    }),
    ModelInfer: handler(inference.ModelInfer, ({ call, answer }) => {
      const { modelName, modelVersion = '', id = '', inputs } = call.request
      if (!isModel(modelName, modelVersion)) return answer(unknownModel(modelName, modelVersion))
      const batch = inputs[0]?.shape[0]
      if (batch === undefined) {
        const details = 'the batch is unknown: the first input has no first dimension'
        return answer({ code: status.INVALID_ARGUMENT, details })
      }
      return serve(instance, batch, call, answer, (exeTimeMs) => zeroResponse(model, id, batch, exeTimeMs))
    }),
  })

  function isModel(name: string, version: string): boolean {
    return name === model && (version === '' || version === ZERO_VERSION)
  }

  function unknownModel(name: string, version: string) {
    const asked = version === '' ? `model "${name}"` : `version "${version}" of a model "${name}"`
    const details = `there is no ${asked} here; there is "${model}", version "${ZERO_VERSION}"`
    return { code: status.NOT_FOUND, details }
  }
}

interface Asked<Request, Response> {
  readonly call: ServerUnaryCall<Request, Response>
  readonly answer: sendUnaryData<Response>
}

/** A handler with the types of the method. */
function handler<Request, Response>(
  _method: { requestSerialize: (request: Request) => Buffer; responseSerialize: (value: Response) => Buffer },
  handle: (asked: Asked<Request, Response>) => void,
) {
  return (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => {
    handle({ call, answer })
  }
}

/** Serves a query, or rejects it if too many wait or its batch has no bin. */
function serve<Request, Response>(
  instance: EmulatedInstance,
  batch: number,
  call: ServerUnaryCall<Request, Response>,
  answer: sendUnaryData<Response>,
  responseOf: (serviceMs: number) => Response,
): void {
  if (instance.waiting >= MOST_WAITING) {
    answer({ code: status.RESOURCE_EXHAUSTED, details: `the queue is full: ${MOST_WAITING} queries wait` })
    return
  }
  try {
    instance.serve({
      batch,
      done: (serviceMs) => answer(null, responseOf(serviceMs)),
      abandoned: () => call.cancelled,
    })
  } catch (error) {
    if (!(error instanceof KairosError)) throw error
    answer({ code: status.INVALID_ARGUMENT, details: error.message })
  }
}
