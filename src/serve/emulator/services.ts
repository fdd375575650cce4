import {
  type handleUnaryCall,
  type Server,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import { KairosError } from '../../model/errors.ts'
import type { Unary } from '../grpc/method.ts'
import { HEALTH_SERVICES } from '../protocols/health.ts'
import { inference } from '../protocols/inference.ts'
import { scheduler } from '../protocols/scheduler.ts'
import { ZERO_VERSION, zeroMetadata, zeroResponse } from '../protocols/zeros.ts'
import type { EmulatedInstance } from './instance.ts'

/** Queries that may wait at one instance; further ones are rejected. */
const MOST_WAITING = 10_000

const PLATFORM = 'kairos_emulator'

/** Adds all three protocols to a server, in front of one instance. The server, its services and model are healthy. */
export function addEmulatedServices(
  server: Server,
  instance: EmulatedInstance,
  model: string,
  index: number,
): void {
  const schedulerMethods: Handlers<typeof scheduler> = {
    Serve(call, answer) {
      const { batch, qWait } = call.request
      serve(instance, batch, call, answer, (exeTime) => ({ exeTime, idx: index, qWait }))
    },
  }
  server.addService(scheduler as never, schedulerMethods)
  const health = new HealthImplementation(
    Object.fromEntries([...HEALTH_SERVICES, model].map((name) => [name, 'SERVING'])),
  )
  // grpc-health-check has its types from another version of grpc-js
  health.addToServer(server as never)
  const inferenceMethods: Handlers<typeof inference> = {
    ServerLive: (_call, answer) => answer(null, { live: true }),
    ServerReady: (_call, answer) => answer(null, { ready: true }),
    ServerMetadata(_call, answer) {
      answer(null, { name: PLATFORM, version: ZERO_VERSION, extensions: [] })
    },
    ModelReady({ request: { name, version } }, answer) {
      answer(null, { ready: isModel(name, version) })
    },
    ModelMetadata({ request: { name, version } }, answer) {
      if (isModel(name, version)) answer(null, zeroMetadata(model, PLATFORM))
      else answer(unknownModel(name, version))
    },
    ModelInfer(call, answer) {
      const { modelName, modelVersion = '', id = '', inputs } = call.request
      if (!isModel(modelName, modelVersion)) return answer(unknownModel(modelName, modelVersion))
      const batch = inputs[0]?.shape[0]
      if (batch === undefined) {
        const details = 'the batch is unknown: the first input has no first dimension'
        return answer({ code: status.INVALID_ARGUMENT, details })
      }
      return serve(instance, batch, call, answer, (exeTimeMs) => zeroResponse(model, id, batch, exeTimeMs))
    },
  }
  server.addService(inference as never, inferenceMethods)

  function isModel(name: string, version: string): boolean {
    return name === model && (version === '' || version === ZERO_VERSION)
  }

  function unknownModel(name: string, version: string) {
    const asked = version === '' ? `model "${name}"` : `version "${version}" of a model "${name}"`
    const details = `there is no ${asked} here; there is "${model}", version "${ZERO_VERSION}"`
    return { code: status.NOT_FOUND, details }
  }
}

/** What answers each method of a service. */
type Handlers<Service> = {
  [Name in keyof Service]: Service[Name] extends Unary<infer Request, infer Response>
    ? handleUnaryCall<Request, Response>
    : never
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
