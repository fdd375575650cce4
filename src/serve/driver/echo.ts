/** A server of this process that answers every request at once, to measure what the client itself takes. */
import { createServer } from 'node:http'
import { accept } from '../grpc/accept.ts'
import { listen } from '../grpc/listen.ts'
import { unaryBytes } from '../grpc/server/unary.ts'
import { inference, type ModelMetadata } from '../protocols/inference.ts'
import { modelPath } from '../protocols/rest.ts'
import { scheduler } from '../protocols/scheduler.ts'
import type { ServerProtocol } from './batch-sender.ts'

/** Starts a server that speaks as another one does. */
export function startEcho(model: string | undefined, protocol: ServerProtocol) {
  return protocol.transport === 'grpc' ? grpcEcho(model, protocol) : httpEcho(model!, protocol)
}

function grpcEcho(model: string | undefined, { metadata }: ServerProtocol) {
  const answer = (bytes: Buffer) => unaryBytes((call) => void call.finish(bytes))
  const { Serve } = scheduler
  const methods = new Map([[Serve.path, answer(Serve.responseSerialize({ exeTime: 0, idx: 0, qWait: 0 }))]])
  if (metadata !== undefined) {
    const { ModelMetadata, ModelInfer } = inference
    methods.set(ModelMetadata.path, answer(ModelMetadata.responseSerialize(metadata)))
    methods.set(ModelInfer.path, answer(ModelInfer.responseSerialize({ modelName: model!, outputs: [] })))
  }
  return listen(methods)
}

function httpEcho(model: string, { metadata, isBinary }: ServerProtocol) {
  const answers = new Map<string, object>([
    ['/v2/health/live', {}],
    ['/v2', { extensions: isBinary ? ['binary_tensor_data'] : [] }],
    [modelPath(model, '', ''), metadata as ModelMetadata],
  ])
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.end(JSON.stringify(answers.get(request.url!) ?? { outputs: [] })))
  })
  return accept({
    connect: (socket) => server.emit('connection', socket),
    shutdown: () => server.close(),
    destroy: () => server.closeAllConnections(),
  })
}
