import { expect, test } from 'vitest'
import { inference } from '../../../../src/serve/protocols/inference.ts'
import { grpcProtocols, type ProtocolName } from '../../../../src/serve/protocols/registry.ts'
import { scheduler } from '../../../../src/serve/protocols/scheduler.ts'
import { messagesFor } from '../../../../src/serve/router/backends/messages.ts'
import type { Job } from '../../../../src/serve/router/job.ts'

const request = inference.ModelInfer.requestSerialize({ modelName: 'm', id: 'a', inputs: [] } as never)

function messages(protocol: ProtocolName, speaks: readonly ProtocolName[] | undefined, more = {}) {
  const options = { model: 'm', maxMessageBytes: 1000, protocols: grpcProtocols(), translate: true, ...more }
  const server = { model: 'of-server', speaks, metadata: undefined }
  return messagesFor({ protocol, request, batch: 2 } as Job, 5, server, options)
}

test.each([
  ['has passed no check', undefined],
  ['speaks the protocol of the client', ['scheduler', 'inference'] as const],
])('a server that %s gets the request, with its own name of the model', (_, speaks) => {
  const { protocol, request: sent } = messages('inference', speaks)
  expect(protocol.path).toBe('/inference.GRPCInferenceService/ModelInfer')
  expect(inference.ModelInfer.requestDeserialize(sent)).toMatchObject({ modelName: 'of-server', id: 'a' })
})

test('a server of another protocol gets a translated request, and the client a response in its own', () => {
  const { protocol, request: sent, responseFor } = messages('inference', ['scheduler'])
  expect(protocol.path).toBe('/grpc.Scheduler/Serve')
  expect(scheduler.Serve.requestDeserialize(sent)).toMatchObject({ batch: 2, qWait: 5 })
  const response = responseFor(scheduler.Serve.responseSerialize({ exeTime: 1, idx: 0, qWait: 5 }))
  expect(inference.ModelInfer.responseDeserialize(response)).toMatchObject({ modelName: 'm', id: 'a' })
})

test.each<[ProtocolName, ProtocolName, object, RegExp]>([
  [
    'inference',
    'scheduler',
    { translate: false },
    /speaks grpc\.Scheduler .*, or start the router with --trans/,
  ],
  ['rest', 'inference', {}, /not the Open Inference Protocol over HTTP: use .* for the .* over HTTP$/],
  ['inference', 'rest', {}, /its server speaks the Open Inference Protocol over HTTP, not .* over gRPC: use/],
])('a request of %s for a server of %s is refused with the cure', (protocol, spoken, more, message) => {
  expect(() => messages(protocol, [spoken], more)).toThrow(message)
})
