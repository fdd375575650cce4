import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { health } from '../../../src/serve/protocols/health.ts'
import { inference } from '../../../src/serve/protocols/inference.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { zeroRequest } from '../../../src/serve/protocols/tensors.ts'
import {
  checkInferResponse,
  checkReply,
  MalformedMessage,
  readInfer,
  readJob,
  writeJob,
} from '../../../src/serve/protocols/wire.ts'

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

describe('messages on the wire', () => {
  test('grpc.Scheduler', () => {
    expect(scheduler.Serve.path).toBe('/grpc.Scheduler/Serve')
    expect(hex(scheduler.Serve.requestSerialize({ batch: 300, qWait: 1.5 }))).toBe('08ac02150000c03f')
    const reply = scheduler.Serve.responseDeserialize(bytes('0d0000a040 1003 1d0000c03f'))
    expect(reply).toEqual({ exeTime: 5, idx: 3, qWait: 1.5 })
    expect(scheduler.Serve.responseDeserialize(Buffer.alloc(0))).toEqual({ exeTime: 0, idx: 0, qWait: 0 })
  })

  test('grpc.Scheduler as its file for other languages says', async () => {
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

describe('what is read without decoding', () => {
  test('the batch of a job, and the same bytes as an encoder writes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.float({ min: 0, noNaN: true }),
        (batch, qWait) => {
          const encoded = scheduler.Serve.requestSerialize({ batch, qWait })
          expect(readJob(encoded)).toEqual({ batch, qWait })
          expect(hex(writeJob(batch, qWait))).toBe(hex(encoded))
        },
      ),
    )
    expect(readJob(Buffer.alloc(0))).toEqual({ batch: 0, qWait: 0 })
    // a negative batch is a number that no table has
    expect(readJob(scheduler.Serve.requestSerialize({ batch: -1, qWait: 0 })).batch).toBeGreaterThan(2 ** 60)
  })

  test('model and batch of an inference, whatever else is in it', () => {
    expect(readInfer(INFER_REQUEST)).toEqual({ model: 'rm2', batch: 300 })
    // the same list of numbers, not packed; fields in another order
    expect(readInfer(bytes('2a080a016118ac021802 0a016d'))).toEqual({ model: 'm', batch: 300 })
    expect(readInfer(bytes('0a016d'))).toEqual({ model: 'm', batch: Number.NaN })
    expect(readInfer(bytes('0a016d 2a00'))).toEqual({ model: 'm', batch: Number.NaN })
    // only the first input counts
    expect(readInfer(bytes('2a041a02 0701 2a041a02 0901')).batch).toBe(7)
    checkInferResponse(INFER_RESPONSE)
    checkReply(bytes('0d0000a040 1003 1d0000c03f'))
  })

  test('garbage and cut messages are refused, and nothing is read beyond the end', () => {
    for (let length = 1; length < INFER_REQUEST.length; length++) {
      const cut = INFER_REQUEST.subarray(0, length)
      try {
        readInfer(cut)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedMessage)
      }
    }
    expect(() => readInfer(INFER_REQUEST.subarray(0, 4))).toThrow(MalformedMessage)
    expect(() => readJob(bytes('08'))).toThrow(MalformedMessage)
    expect(() => readJob(bytes('08ffffffffffffffffffff01'))).toThrow(MalformedMessage)
    expect(() => checkReply(Buffer.from('<html>not found</html>'))).toThrow(MalformedMessage)
    expect(() => checkReply(bytes('0805'))).toThrow(MalformedMessage)
    expect(() => checkInferResponse(bytes('0801'))).toThrow(MalformedMessage)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
        for (const read of [readJob, readInfer, checkReply, checkInferResponse]) {
          try {
            read(Buffer.from(array))
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedMessage)
          }
        }
      }),
    )
  })
})

describe('a request of a given batch for a model that says what it takes', () => {
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

  test('every input has the batch in front and as many bytes as that takes', () => {
    const request = zeroRequest(metadata, 20)
    expect(request.inputs.map(({ shape }) => shape)).toEqual([[20, 13], [20, 1], [20]])
    expect(request.rawInputContents?.map((raw) => raw.length)).toEqual([20 * 13 * 4, 20 * 8, 20 * 4])
    expect(readInfer(inference.ModelInfer.requestSerialize(request))).toEqual({ model: 'm', batch: 20 })
  })

  test.each([
    ['no inputs', [], /"m" names no inputs/],
    [
      'a fixed batch',
      [{ name: 'a', datatype: 'FP32', shape: [8, 3] }],
      /takes 8 as the first dimension of a/,
    ],
    ['an unknown datatype', [{ name: 'a', datatype: 'FP4', shape: [-1] }], /takes FP4 for a/],
    ['too much', [{ name: 'a', datatype: 'FP64', shape: [-1, 1e9] }], /bytes for a; use smaller sizes/],
  ])('%s: refused', (_what, inputs, message) => {
    expect(() => zeroRequest({ ...metadata, inputs }, 20)).toThrow(message)
  })
})
