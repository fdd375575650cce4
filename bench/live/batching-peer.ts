/**
 * A server with real tensors, in its own process: it answers 2 x + 1 for every element, one call after another, and
 * every call takes a fixed time and a little more for each item. `batching-peer.ts CALL_MS ITEM_MS`
 */
import { listen } from '../../src/serve/grpc/listen.ts'
import { unaryBytes, unaryMessages } from '../../src/serve/grpc/server/unary.ts'
import { HEALTH, health } from '../../src/serve/protocols/health.ts'
import { type InferRequest, inference } from '../../src/serve/protocols/inference.ts'

const { ModelInfer, ServerLive, ModelReady } = inference
const [callMs, itemMs] = process.argv.slice(2).map(Number)
let freeMs = 0

function answerTo(bytes: Buffer): Buffer {
  const {
    modelName,
    id = '',
    inputs,
    rawInputContents = [],
  } = ModelInfer.requestDeserialize(bytes) as InferRequest
  return ModelInfer.responseSerialize({
    ...{ modelName, modelVersion: '1', id },
    outputs: inputs.map(({ name, datatype, shape }) => ({ name: `${name}'`, datatype, shape })),
    rawOutputContents: rawInputContents.map((raw) => {
      const numbers = new Float32Array(Uint8Array.from(raw).buffer)
      return Buffer.from(numbers.map((value) => 2 * value + 1).buffer)
    }),
  })
}

const infer = unaryBytes((call, request) => {
  const { inputs } = ModelInfer.requestDeserialize(request) as InferRequest
  const nowMs = performance.now()
  freeMs = Math.max(freeMs, nowMs) + callMs + itemMs * inputs[0].shape[0]
  setTimeout(() => call.finish(answerTo(request)), freeMs - nowMs)
})

const methods = new Map([
  [ModelInfer.path, infer],
  unaryMessages(ServerLive, () => ({ response: { live: true } })),
  unaryMessages(ModelReady, () => ({ response: { ready: true } })),
  unaryMessages(health.Check, () => ({ response: { status: HEALTH.serving } })),
])
console.log((await listen(methods)).address)
