/** A server of this process that answers every request at once, to measure what the client itself takes. */
import { createServer } from 'node:http'
import { Server, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { accept } from '../grpc/accept.ts'
import { listen } from '../grpc/listen.ts'
import { rawMethod } from '../grpc/method.ts'
import { inference, type ModelMetadata } from '../protocols/inference.ts'
import { modelPath } from '../protocols/rest.ts'
import { scheduler } from '../protocols/scheduler.ts'
import type { ServerProtocol } from './batch-sender.ts'

interface Echo {
  readonly address: string
  close(): Promise<void>
}

/** Starts a server that speaks as another one does. */
export function startEcho(model: string | undefined, protocol: ServerProtocol): Promise<Echo> {
  return protocol.transport === 'grpc' ? grpcEcho(model, protocol) : httpEcho(model!, protocol)
}

async function grpcEcho(model: string | undefined, { metadata }: ServerProtocol): Promise<Echo> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 })
  const answer = (method: { readonly path: string }, response: Buffer) => {
    const { path, requestDeserialize, responseSerialize } = rawMethod(method.path)
    const handle = (_call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
      done(null, response)
    server.register(path, handle, responseSerialize, requestDeserialize, 'unary')
  }
  answer(scheduler.Serve, scheduler.Serve.responseSerialize({ exeTime: 0, idx: 0, qWait: 0 }))
  if (metadata !== undefined) {
    answer(inference.ModelMetadata, inference.ModelMetadata.responseSerialize(metadata))
    const response = { modelName: model!, outputs: [] }
    answer(inference.ModelInfer, inference.ModelInfer.responseSerialize(response))
  }
  const { address, close } = await listen(server)
  return { address, close: () => close(0) }
}

async function httpEcho(model: string, { metadata, isBinary }: ServerProtocol): Promise<Echo> {
  const answers = new Map<string, object>([
    ['/v2/health/live', {}],
    ['/v2', { extensions: isBinary ? ['binary_tensor_data'] : [] }],
    [modelPath(model, '', ''), metadata as ModelMetadata],
  ])
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => response.end(JSON.stringify(answers.get(request.url!) ?? { outputs: [] })))
  })
  const { address, close } = await accept({
    connect: (socket) => server.emit('connection', socket),
    shutdown: () => server.close(),
    destroy: () => server.closeAllConnections(),
  })
  return { address, close: () => close(0) }
}
