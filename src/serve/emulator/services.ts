import { KairosError } from '../../model/errors.ts'
import type { Unary } from '../grpc/method.ts'
import type { Method } from '../grpc/server/server.ts'
import type { Ending } from '../grpc/server/server-call.ts'
import { NOT_A_MESSAGE, readMessage, unaryBytes, unaryMessages } from '../grpc/server/unary.ts'
import { status } from '../grpc/status.ts'
import { HEALTH_SERVICES } from '../protocols/health.ts'
import { healthMethods } from '../protocols/health-methods.ts'
import { inference } from '../protocols/inference.ts'
import { scheduler } from '../protocols/scheduler.ts'
import { ZERO_VERSION, zeroMetadata, zeroResponse } from '../protocols/zeros.ts'
import type { EmulatedInstance } from './instance.ts'

/** Queries that may wait at one instance; further ones are rejected. */
const MOST_WAITING = 10_000

const PLATFORM = 'kairos_emulator'

/** All three protocols in front of one instance, as methods by path. The server, its services and model are healthy. */
export function emulatedMethods(
  instance: EmulatedInstance,
  model: string,
  index: number,
): Map<string, Method> {
  const { ServerLive, ServerReady, ServerMetadata, ModelReady, ModelMetadata, ModelInfer } = inference
  const healthy = new Map([...HEALTH_SERVICES, model].map((name) => [name, () => true]))
  const isModel = (name: string, version: string) =>
    name === model && (version === '' || version === ZERO_VERSION)
  const unknownModel = (name: string, version: string): Ending => {
    const asked = version === '' ? `model "${name}"` : `version "${version}" of a model "${name}"`
    const details = `there is no ${asked} here; there is "${model}", version "${ZERO_VERSION}"`
    return { code: status.NOT_FOUND, details }
  }
  return new Map([
    ...healthMethods(healthy).methods,
    unaryMessages(ServerLive, () => ({ response: { live: true } })),
    unaryMessages(ServerReady, () => ({ response: { ready: true } })),
    unaryMessages(ServerMetadata, () => ({
      response: { name: PLATFORM, version: ZERO_VERSION, extensions: [] },
    })),
    unaryMessages(ModelReady, ({ name, version }) => ({ response: { ready: isModel(name, version) } })),
    unaryMessages(ModelMetadata, ({ name, version }) =>
      isModel(name, version) ? { response: zeroMetadata(model, PLATFORM) } : unknownModel(name, version),
    ),
    queries(instance, scheduler.Serve, ({ batch, qWait }) => {
      return { batch, responseOf: (exeTime) => ({ exeTime, idx: index, qWait }) }
    }),
    queries(instance, ModelInfer, ({ modelName, modelVersion = '', id = '', inputs }) => {
      if (!isModel(modelName, modelVersion)) return unknownModel(modelName, modelVersion)
      const batch = inputs[0]?.shape[0]
      if (batch !== undefined) {
        return { batch, responseOf: (exeTimeMs) => zeroResponse(model, id, batch, exeTimeMs) }
      }
      const details = 'the batch is unknown: the first input has no first dimension'
      return { code: status.INVALID_ARGUMENT, details }
    }),
  ])
}

interface Query<Response> {
  readonly batch: number
  responseOf(serviceMs: number): Response
}

/** A method that serves queries, or rejects them if too many wait or their batch has no bin. */
function queries<Request extends object, Response extends object>(
  instance: EmulatedInstance,
  { path, requestDeserialize, responseSerialize }: Unary<Request, Response>,
  queryOf: (request: Request) => Query<Response> | Ending,
): readonly [string, Method] {
  const method = unaryBytes((call, bytes) => {
    const request = readMessage(requestDeserialize, bytes)
    const query = request === undefined ? NOT_A_MESSAGE : queryOf(request)
    if ('code' in query) return void call.end(query)
    if (instance.waiting >= MOST_WAITING) {
      const details = `the queue is full: ${MOST_WAITING} queries wait`
      return void call.end({ code: status.RESOURCE_EXHAUSTED, details })
    }
    let isAbandoned = false
    try {
      instance.serve({
        batch: query.batch,
        done: (serviceMs) => call.finish(responseSerialize(query.responseOf(serviceMs))),
        abandoned: () => isAbandoned,
      })
    } catch (error) {
      if (!(error instanceof KairosError)) throw error
      call.end({ code: status.INVALID_ARGUMENT, details: error.message })
    }
    return () => {
      isAbandoned = true
    }
  })
  return [path, method]
}
