import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { MalformedMessage } from '../../../src/serve/protocols/fields.ts'
import { health } from '../../../src/serve/protocols/health.ts'
import { inference, readInferId, routedInference } from '../../../src/serve/protocols/inference.ts'
import { grpcProtocols } from '../../../src/serve/protocols/registry.ts'
import { readJob, routedScheduler, scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { zeroRequest } from '../../../src/serve/protocols/zeros.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex')

// encoded by hand from the published field numbers
const INFER_REQUEST = bytes(`
  0a03726d32 120131 1a026964 22080a0170120310ac02
  2a1a 0a0161 120446503332 1a03ac0201 2a0a32080000803f00000040
  32030a0179 3a020102`)
const INFER_RESPONSE = bytes('0a03726d32 1a026964 2a0d 0a016f 120446503332 1a020201 3208 0000000000000000')
const METADATA = bytes(`
  0a016d 120131 1a0170
  2216 0a0161 120446503332 1a0bffffffffffffffffff0103
  2a16 0a016f 1205494e543634 1a0affffffffffffffffff01`)

describe('encoded messages', () => {
  test('grpc.Scheduler', () => {
    expect(scheduler.Serve.path).toBe('/grpc.Scheduler/Serve')
    expect(hex(scheduler.Serve.requestSerialize({ batch: 300, qWait: 1.5 }))).toBe('08ac02150000c03f')
    const reply = scheduler.Serve.responseDeserialize(bytes('0d0000a040 1003 1d0000c03f'))
    expect(reply).toEqual({ exeTime: 5, idx: 3, qWait: 1.5 })
    expect(scheduler.Serve.responseDeserialize(Buffer.alloc(0))).toEqual({ exeTime: 0, idx: 0, qWait: 0 })
  })

  test('grpc.Scheduler agrees with the .proto file for other languages', async () => {
    const { grpc } = loadPackageDefinition(loadSync('data/protocols/scheduler.proto')) as unknown as {
      grpc: { Scheduler: { service: Record<'Serve', typeof scheduler.Serve> } }
    }
    const { Serve } = grpc.Scheduler.service
    expect(Serve.path).toBe(scheduler.Serve.path)
    const request = { batch: 300, qWait: 1.5 }
    expect(hex(Serve.requestSerialize(request))).toBe(hex(scheduler.Serve.requestSerialize(request)))
    const reply = { exeTime: 5, idx: 3, qWait: 1.5 }
    expect(hex(Serve.responseSerialize(reply))).toBe(hex(scheduler.Serve.responseSerialize(reply)))
  })

  test('grpc.health.v1', () => {
    expect(health.Check.path).toBe('/grpc.health.v1.Health/Check')
    expect(hex(health.Check.requestSerialize({ service: 'm' }))).toBe('0a016d')
    expect(hex(health.Check.responseSerialize({ status: 1 }))).toBe('0801')
  })

  test('inference.GRPCInferenceService', () => {
    const methods = [
      'ServerLive',
      'ServerReady',
      'ServerMetadata',
      'ModelReady',
      'ModelMetadata',
      'ModelInfer',
    ]
    expect(Object.values(inference).map(({ path }) => path)).toEqual(
      methods.map((method) => `/inference.GRPCInferenceService/${method}`),
    )
    const request = inference.ModelInfer.requestDeserialize(INFER_REQUEST)
    expect(request).toMatchObject({
      modelName: 'rm2',
      modelVersion: '1',
      id: 'id',
      parameters: { p: { int64Param: 300 } },
      inputs: [{ name: 'a', datatype: 'FP32', shape: [300, 1], contents: { fp32Contents: [1, 2] } }],
      outputs: [{ name: 'y' }],
    })
    expect(hex(request.rawInputContents![0])).toBe('0102')
    expect(hex(inference.ModelInfer.requestSerialize(request))).toBe(hex(INFER_REQUEST))
    expect(
      hex(
        inference.ModelInfer.responseSerialize({
          modelName: 'rm2',
          id: 'id',
          outputs: [{ name: 'o', datatype: 'FP32', shape: [2, 1] }],
          rawOutputContents: [Buffer.alloc(8)],
        }),
      ),
    ).toBe(hex(INFER_RESPONSE))
    expect(inference.ModelMetadata.responseDeserialize(METADATA)).toEqual({
      name: 'm',
      versions: ['1'],
      platform: 'p',
      inputs: [{ name: 'a', datatype: 'FP32', shape: [-1, 3] }],
      outputs: [{ name: 'o', datatype: 'INT64', shape: [-1] }],
    })
  })
})

describe('routing reads only a part of a message', () => {
  const { readRequest, requestFor, checkResponse } = routedInference

  test('the batch of a job; the wait in the router is added to that of the client', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1, max: 2 ** 31 - 1 }),
        fc.integer({ min: 0, max: 2 ** 20 }),
        (batch, qWait) => {
          const request = scheduler.Serve.requestSerialize({ batch, qWait })
          expect(routedScheduler.readRequest(request)).toEqual({ batch })
          const forwarded = routedScheduler.requestFor(request, { waitedMs: 2.5 })
          expect(readJob(forwarded)).toEqual({ batch, qWait: qWait + 2.5 })
        },
      ),
    )
    expect(readJob(Buffer.alloc(0))).toEqual({ batch: 0, qWait: 0 })
  })

  test('model, batch and id of an inference, whatever else is in it', () => {
    expect(readRequest(INFER_REQUEST)).toEqual({ model: 'rm2', batch: 300 })
    expect(readInferId(INFER_REQUEST)).toBe('id')
    // a shape that is not packed; fields in another order
    expect(readRequest(bytes('2a080a016118ac021802 0a016d'))).toEqual({ model: 'm', batch: 300 })
    expect(readRequest(bytes('0a016d'))).toEqual({ model: 'm', batch: Number.NaN })
    expect(readRequest(bytes('0a016d 2a00'))).toEqual({ model: 'm', batch: Number.NaN })
    expect(readRequest(bytes('2a0d1a0bffffffffffffffffff0103'))).toEqual({ model: '', batch: -1 })
    expect(readRequest(bytes('2a0b18ffffffffffffffffff01'))).toEqual({ model: '', batch: -1 })
    // an empty shape before the real one
    expect(readRequest(bytes('2a06 1a00 1a0203 04')).batch).toBe(3)
    // only the first input counts
    expect(readRequest(bytes('2a041a02 0701 2a041a02 0901')).batch).toBe(7)
    expect(readRequest(bytes('2a00 2a041a02 0901')).batch).toBe(Number.NaN)
  })

  test('an inference is forwarded unchanged, or with the name that the server has for its model', () => {
    expect(requestFor(INFER_REQUEST, { waitedMs: 5 })).toBe(INFER_REQUEST)
    const renamed = requestFor(INFER_REQUEST, { model: 'größer', waitedMs: 5 })
    const decoded = inference.ModelInfer.requestDeserialize(renamed)
    expect(decoded).toEqual({
      ...inference.ModelInfer.requestDeserialize(INFER_REQUEST),
      modelName: 'größer',
    })
  })

  test('valid responses pass', () => {
    expect(() => checkResponse(INFER_RESPONSE)).not.toThrow()
    expect(() => routedScheduler.checkResponse(bytes('0d0000a040 1003 1d0000c03f'))).not.toThrow()
  })

  test('garbage and cut messages are rejected, and nothing is read beyond the end', () => {
    for (let length = 1; length < INFER_REQUEST.length; length++) {
      const cut = INFER_REQUEST.subarray(0, length)
      try {
        readRequest(cut)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage)
      }
    }
    expect(() => readRequest(INFER_REQUEST.subarray(0, 4))).toThrow(MalformedMessage)
    // a packed shape whose number is longer than the shape
    expect(() => readRequest(bytes('2a05 1a01 881807'))).toThrow(MalformedMessage)
    expect(() => readJob(bytes('08'))).toThrow(MalformedMessage)
    expect(() => readJob(bytes('08ffffffffffffffffffff01'))).toThrow(MalformedMessage)
    expect(() => routedScheduler.checkResponse(Buffer.from('<html>not found</html>'))).toThrow(
      MalformedMessage,
    )
    expect(() => routedScheduler.checkResponse(bytes('0805'))).toThrow(MalformedMessage)
    expect(() => checkResponse(bytes('0801'))).toThrow(MalformedMessage)
    expect(() => checkResponse(Buffer.alloc(0))).toThrow(MalformedMessage)
    const protocols = [...grpcProtocols().values()]
    const reads = [
      readJob,
      readInferId,
      ...protocols.flatMap((protocol) => [protocol.readRequest, protocol.checkResponse]),
    ]
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
        for (const read of reads) {
          try {
            read(Buffer.from(array))
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedMessage)
          }
        }
      }),
    )
  })

  test('millions of empty inputs cost no memory', () => {
    const request = Buffer.alloc(8e6)
    for (let at = 0; at < request.length; at += 2) request[at] = 0x2a
    const before = process.memoryUsage().heapUsed
    expect(readRequest(request).batch).toBe(Number.NaN)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100e6)
  })
})

describe('a request of zeros', () => {
  const metadata = {
    name: 'm',
    versions: ['1'],
    platform: '',
    inputs: [
      { name: 'dense', datatype: 'FP32', shape: [-1, 13] },
      { name: 'ids', datatype: 'INT64', shape: [-1, -1] },
      { name: 'text', datatype: 'BYTES', shape: [-1] },
    ],
    outputs: [],
  }

  test('every input with a free first dimension has the batch there, and the bytes of its shape', () => {
    const request = zeroRequest(metadata, 20)
    expect(request.inputs.map(({ shape }) => shape)).toEqual([[20, 13], [20, 1], [20]])
    expect(request.rawInputContents?.map((raw) => raw.length)).toEqual([20 * 13 * 4, 20 * 8, 20 * 4])
    expect(routedInference.readRequest(inference.ModelInfer.requestSerialize(request))).toEqual({
      model: 'm',
      batch: 20,
    })
  })

  test.each([
    ['no inputs', [], /"m" names no inputs/],
    [
      'a fixed batch',
      [{ name: 'a', datatype: 'FP32', shape: [8, 3] }],
      /takes 8 as the first dimension of a/,
    ],
    ['an unknown datatype', [{ name: 'a', datatype: 'FP4', shape: [-1] }], /takes FP4 for a/],
    [
      'a name of every object',
      [{ name: 'a', datatype: 'constructor', shape: [-1] }],
      /takes constructor for a/,
    ],
    ['negative', [{ name: 'a', datatype: 'FP32', shape: [-1, -2] }], /takes a of shape \[20,-2\]/],
    ['a fraction', [{ name: 'a', datatype: 'FP32', shape: [-1, 1.5] }], /takes a of shape \[20,1.5\]/],
    [
      'too much',
      [{ name: 'a', datatype: 'FP64', shape: [-1, 1e9] }],
      /bytes up to a, and the limit is 1073741824; use smaller sizes/,
    ],
    [
      'too much together',
      [
        { name: 'a', datatype: 'FP64', shape: [-1, 1] },
        { name: 'b', datatype: 'INT8', shape: [-1, Math.floor(2 ** 30 / 20)] },
      ],
      /takes 1073741980 bytes up to b, and the limit is 1073741824; use smaller sizes/,
    ],
  ])('%s is rejected', (_what, inputs, message) => {
    expect(() => zeroRequest({ ...metadata, inputs }, 20)).toThrow(message)
  })
})

test('of a name that is repeated the last one counts, however often it is', () => {
  const empty = Buffer.from('0a00'.repeat(2 ** 18), 'hex')
  const request = inference.ModelInfer.requestSerialize({
    modelName: 'last',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [3] }],
  })
  const bytes = Buffer.concat([empty, request])
  const decoded = vi.spyOn(Buffer.prototype, 'toString')
  onTestFinished(() => decoded.mockRestore())
  expect(routedInference.readRequest(bytes)).toEqual({ model: 'last', batch: 3 })
  // the others are not read
  expect(decoded.mock.calls.length).toBeLessThan(10)
})
