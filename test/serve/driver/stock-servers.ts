/** Servers as others make them: their metadata, and how they serve requests that come together. */
import { Server, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import {
  type InferRequest,
  type InferResponse,
  inference,
  type TensorMetadata,
} from '../../../src/serve/protocols/inference.ts'
import { listenGrpcJs } from '../grpc-js-server.ts'

/** Serves requests of some items each, and calls `done` for each. */
export type Serve = (items: number, done: () => void) => void

export interface StockServer {
  /** What the server says of its model; undefined: it does not know the question. */
  readonly inputs?: readonly TensorMetadata[] | undefined
  readonly serve: Serve
  /** Whether its answers have no field at all. */
  readonly answersEmpty?: boolean | undefined
}

/** A gRPC server of the Open Inference Protocol with the model "m". */
export async function stockServer({ inputs, serve, answersEmpty = false }: StockServer) {
  const got: InferRequest[] = []
  const server = new Server()
  const unary = <Request, Response>(
    method: {
      path: string
      requestDeserialize: (bytes: Buffer) => Request
      responseSerialize: (value: Response) => Buffer
    },
    handle: (request: Request, answer: sendUnaryData<Response>) => void,
  ) => {
    server.register(
      method.path,
      (call: ServerUnaryCall<Request, Response>, answer: sendUnaryData<Response>) =>
        handle(call.request, answer),
      method.responseSerialize,
      method.requestDeserialize,
      'unary',
    )
  }
  if (inputs !== undefined) {
    unary(inference.ModelMetadata, ({ name }, answer) => {
      if (name === 'm') answer(null, { name, versions: [], platform: 'stock', inputs, outputs: [] })
      else answer({ code: status.NOT_FOUND, details: `no model ${name}` })
    })
  }
  unary(inference.ModelInfer, (request, answer: sendUnaryData<InferResponse>) => {
    got.push(request)
    const { modelName } = request
    const response = answersEmpty ? ({} as InferResponse) : { modelName, outputs: [] }
    serve(request.inputs[0].shape[0], () => answer(null, response))
  })
  const { address, close } = await listenGrpcJs(server)
  onTestFinished(() => close(0))
  return { address, got }
}

/** Serves up to `slots` requests at the same time. @param ms of a request, by its items */
export function inSlots(slots: number, ms: (items: number) => number): Serve {
  const waiting: [items: number, done: () => void][] = []
  let free = slots
  const next = () => {
    const first = free > 0 ? waiting.shift() : undefined
    if (!first) return
    const [items, done] = first
    free--
    setTimeout(() => {
      free++
      done()
      next()
    }, ms(items))
  }
  return (items, done) => {
    waiting.push([items, done])
    next()
  }
}

/** Serves what waits as one batch, up to a total, like a dynamic batcher without a delay. */
export function inBatches(maxBatch: number, ms: (items: number) => number): Serve {
  const waiting: [items: number, done: () => void][] = []
  let isBusy = false
  const next = () => {
    if (isBusy || waiting.length === 0) return
    const [[first, firstDone]] = waiting.splice(0, 1)
    let total = first
    const members = [firstDone]
    while (waiting.length > 0 && total + waiting[0][0] <= maxBatch) {
      const [[items, done]] = waiting.splice(0, 1)
      total += items
      members.push(done)
    }
    isBusy = true
    setTimeout(() => {
      isBusy = false
      for (const done of members) done()
      next()
    }, ms(total))
  }
  return (items, done) => {
    waiting.push([items, done])
    next()
  }
}
