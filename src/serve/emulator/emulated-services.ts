import { type Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { KairosError } from '../../model/errors.ts'
import { addHealthService } from '../grpc/health-service.ts'
import { inference, type ModelMetadata } from '../protocols/inference.ts'
import { scheduler } from '../protocols/scheduler.ts'
import type { EmulatedInstance } from './emulated-instance.ts'

/** Queries that may wait at one instance before it refuses more. */
const MOST_WAITING = 10_000

const VERSION = '1'

/** What an emulated model takes and gives: a number for each item of the batch. */
export function emulatedMetadata(model: string): ModelMetadata {
  return {
    name: model,
    versions: [VERSION],
    platform: 'kairos_emulator',
    inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 1] }],
    outputs: [{ name: 'output', datatype: 'FP32', shape: [-1, 1] }],
  }
}

/** Puts all three protocols on a server, in front of one instance. */
export function addEmulatedServices(
  server: Server,
  instance: EmulatedInstance,
  model: string,
  index: number,
): void {
  server.addService(scheduler as never, {
    Serve: answering(scheduler.Serve, ({ call, answer }) => {
      const { batch, qWait } = call.request
      queue(instance, batch, call, answer, (exeTime) => ({ exeTime, idx: index, qWait }))
    }),
  })
  addHealthService(server, [model], () => true)
  server.addService(inference as never, {
    ServerLive: answering(inference.ServerLive, ({ answer }) => answer(null, { live: true })),
    ServerReady: answering(inference.ServerReady, ({ answer }) => answer(null, { ready: true })),
    ServerMetadata: answering(inference.ServerMetadata, ({ answer }) => {
      answer(null, { name: 'kairos_emulator', version: VERSION, extensions: [] })
    }),
    ModelReady: answering(inference.ModelReady, ({ call, answer }) => {
      answer(null, { ready: isModel(call.request.name, call.request.version) })
    }),
    ModelMetadata: answering(inference.ModelMetadata, ({ call, answer }) => {
      if (isModel(call.request.name, call.request.version)) answer(null, emulatedMetadata(model))
      else answer(noModel(call.request.name, call.request.version))
    }),
    ModelInfer: answering(inference.ModelInfer, ({ call, answer }) => {
      const { modelName, modelVersion = '', id = '', inputs } = call.request
      if (!isModel(modelName, modelVersion)) return answer(noModel(modelName, modelVersion))
      const batch = inputs[0]?.shape[0] ?? Number.NaN
      return queue(instance, batch, call, answer, (exeTimeMs) => ({
        modelName: model,
        modelVersion: VERSION,
        id,
        parameters: { exe_time_ms: { doubleParam: exeTimeMs } },
        outputs: [{ name: 'output', datatype: 'FP32', shape: [batch, 1] }],
        rawOutputContents: [Buffer.alloc(4 * batch)],
      }))
    }),
  })

  function isModel(name: string, version: string): boolean {
    return name === model && (version === '' || version === VERSION)
  }

  function noModel(name: string, version: string) {
    const asked = version === '' ? `model "${name}"` : `version "${version}" of a model "${name}"`
    const details = `there is no ${asked} here; there is "${model}", version "${VERSION}"`
    return { code: status.NOT_FOUND, details }
  }
}

interface Asked<Request, Response> {
  readonly call: ServerUnaryCall<Request, Response>
  readonly answer: sendUnaryData<Response>
}

/** A handler whose types follow from the method. */
function answering<Request, Response>(
  _method: { requestSerialize: (request: Request) => Buffer; responseSerialize: (value: Response) => Buffer },
  handle: (asked: Asked<Request, Response>) => void,
) {
  return (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) => {
    handle({ call, answer })
  }
}

function queue<Request, Response>(
  instance: EmulatedInstance,
  batch: number,
  call: ServerUnaryCall<Request, Response>,
  answer: sendUnaryData<Response>,
  response: (serviceMs: number) => Response,
): void {
  if (instance.waiting >= MOST_WAITING) {
    answer({ code: status.RESOURCE_EXHAUSTED, details: `${MOST_WAITING} queries wait here already` })
    return
  }
  try {
    instance.serve({
      batch,
      done: (serviceMs) => answer(null, response(serviceMs)),
      abandoned: () => call.cancelled,
    })
  } catch (error) {
    if (!(error instanceof KairosError)) throw error
    answer({ code: status.INVALID_ARGUMENT, details: error.message })
  }
}
