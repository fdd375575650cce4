/** Joined requests over gRPC: the pieces of the answer are those of each request alone, or nothing is joined. */
import fc from 'fast-check'
import protobuf from 'protobufjs/minimal.js'
import { describe, expect, test } from 'vitest'
import { type InferRequest, type InferResponse, inference } from '../../../src/serve/protocols/inference.ts'
import { inferenceMerger } from '../../../src/serve/protocols/inference-merging.ts'
import type { Encoded, Merger } from '../../../src/serve/protocols/merging.ts'
import { partsOf, rawOf, sizeOf, TYPES } from './joined-tensors.ts'

const { requestSerialize, requestDeserialize, responseSerialize } = inference.ModelInfer

const valuesOf: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  boolContents: fc.boolean(),
  intContents: fc.integer(),
  int64Contents: fc.maxSafeInteger(),
  uintContents: fc.nat(),
  uint64Contents: fc.maxSafeNat(),
  fp32Contents: fc.float({ noNaN: true }),
  fp64Contents: fc.double({ noNaN: true }),
  bytesContents: fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
}

/** Inputs that all requests of a case have: names, types and trailing shapes. */
const inputsOf = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('x', 'y', 'mask', 'größe'),
    datatype: fc.constantFrom(...Object.keys(TYPES)),
    trailing: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
)
type Inputs = typeof inputsOf extends fc.Arbitrary<infer Value> ? Value : never

/** Two to five requests for the same inputs, each in its own order. */
function requestsOf(inputs: Inputs, raw: boolean, hasId: boolean): fc.Arbitrary<InferRequest[]> {
  const one = fc.integer({ min: 1, max: 4 }).chain((items) =>
    fc
      .record({
        order: fc.shuffledSubarray([...inputs.keys()], { minLength: inputs.length }),
        id: fc.string({ minLength: 1, maxLength: 4 }),
        contents: fc.tuple(
          ...inputs.map(({ datatype, trailing }): fc.Arbitrary<unknown> => {
            const elements = sizeOf(items, trailing)
            if (raw) return rawOf(datatype, elements)
            const field = TYPES[datatype][1]!
            const values = fc.array(valuesOf[field], { minLength: elements, maxLength: elements })
            return values.map((list) => ({ [field]: list }))
          }),
        ),
      })
      .map(({ order, id, contents }): InferRequest => {
        const tensors = order.map((i) => ({
          name: inputs[i].name,
          datatype: inputs[i].datatype,
          shape: [items, ...inputs[i].trailing],
          ...(!raw && { contents: contents[i] as object }),
        }))
        return {
          ...{
            modelName: 'm',
            modelVersion: '2',
            inputs: tensors,
            parameters: { scale: { doubleParam: 0.5 } },
          },
          ...(hasId && { id }),
          ...(raw && { rawInputContents: order.map((i) => contents[i] as Buffer) }),
        }
      }),
  )
  return fc.array(one, { minLength: 2, maxLength: 5 })
}

/** A model that answers each element by itself: each input becomes an output, in the order of names. */
function answerOf(bytes: Buffer): InferResponse {
  const {
    modelName,
    modelVersion = '',
    id = '',
    inputs,
    rawInputContents = [],
  } = requestDeserialize(bytes) as InferRequest
  const order = [...inputs.keys()].sort((a, b) => (inputs[a].name < inputs[b].name ? -1 : 1))
  return {
    ...{ modelName, modelVersion, parameters: { done: { boolParam: true } } },
    ...(id !== '' && { id }),
    outputs: order.map((i) => ({ ...inputs[i], name: `${inputs[i].name}'` })),
    rawOutputContents: rawInputContents.length > 0 ? order.map((i) => rawInputContents[i]) : [],
  }
}

const isRawable = (inputs: Inputs) => inputs.every(({ datatype }) => TYPES[datatype][1] !== undefined)

const anyCase = fc
  .record({ inputs: inputsOf, raw: fc.boolean(), hasId: fc.boolean() })
  .filter(({ inputs, raw }) => raw || isRawable(inputs))
  .chain(({ inputs, raw, hasId }) => requestsOf(inputs, raw, hasId))

const merger: Merger = inferenceMerger
const encode = (request: InferRequest): Encoded => ({ bytes: requestSerialize(request) })

test('over gRPC the pieces of the answer are byte by byte the answers to each request alone', () => {
  fc.assert(
    fc.property(anyCase, (requests) => {
      const encoded = requests.map(encode)
      const parts = partsOf(merger, encoded)
      expect(new Set(parts.map(({ key }) => key)).size).toBe(1)
      const joined = merger.join(parts)
      const total = requests.reduce((sum, { inputs }) => sum + inputs[0].shape[0], 0)
      for (const { shape } of (requestDeserialize(joined.bytes) as InferRequest).inputs)
        expect(shape[0]).toBe(total)
      const pieces = merger.split({ bytes: responseSerialize(answerOf(joined.bytes)) }, parts)
      expect(pieces).toHaveLength(requests.length)
      encoded.forEach(({ bytes }, i) => {
        expect(pieces![i].bytes).toEqual(responseSerialize(answerOf(bytes)))
      })
    }),
    { numRuns: 300 },
  )
})

const simple = (items: number, more: Partial<InferRequest> = {}): InferRequest => ({
  modelName: 'm',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [items, 2] }],
  rawInputContents: [Buffer.alloc(8 * items, items)],
  ...more,
})

const PARAMETERS = { parameters: { a: { int64Param: 1 }, b: { stringParam: 'x' } } }

test('the order of parameters does not count, and those of inputs and of requested outputs are kept', () => {
  const { a, b } = PARAMETERS.parameters
  const request = (parameters: NonNullable<InferRequest['parameters']>) =>
    simple(1, {
      parameters,
      inputs: [{ ...simple(1).inputs[0], ...{ parameters } }],
      ...{ outputs: [{ name: 'o', ...PARAMETERS }, { name: 'p' }] },
    })
  const parts = partsOf(merger, [encode(request({ a, b })), encode(request({ b, a }))])
  expect(parts[0].key).toBe(parts[1].key)
  expect(requestDeserialize(merger.join(parts).bytes)).toMatchObject({
    ...PARAMETERS,
    inputs: [{ name: 'x', shape: [2, 2], ...PARAMETERS }],
    outputs: [{ name: 'o', ...PARAMETERS }, { name: 'p' }],
  })
})

describe('requests are not joined', () => {
  const key = (request: InferRequest) => merger.read(encode(request))?.key
  const input = simple(1).inputs[0]
  const SHARED = { parameters: { shared_memory_region: { stringParam: 'r' } } }
  test.each<[string, Partial<InferRequest>]>([
    ['of other models', { modelName: 'n' }],
    ['of other versions', { modelVersion: '3' }],
    ['with an id and without', { id: 'a' }],
    ['with other parameters', { parameters: { priority: { int64Param: 1 } } }],
    ['with other names of inputs', { inputs: [{ ...input, name: 'y' }] }],
    ['of another type of the same width', { inputs: [{ ...input, datatype: 'INT32' }] }],
    ['of other trailing shapes', { inputs: [{ ...input, shape: [1, 1, 2] }] }],
    [
      'with typed contents',
      { inputs: [{ ...input, contents: { fp32Contents: [1, 2] } }], rawInputContents: [] },
    ],
    ['with other requested outputs', { outputs: [{ name: 'o' }] } as Partial<InferRequest>],
    ['with other parameters of an input', { inputs: [{ ...input, ...PARAMETERS }] }],
  ])('%s', (_what, other) => {
    expect(key(simple(1, other))).toBeDefined()
    expect(key(simple(1, other))).not.toBe(key(simple(1)))
  })

  test.each<[string, Partial<InferRequest>]>([
    ['whose contents are too short', { rawInputContents: [Buffer.alloc(7)] }],
    ['whose contents are too long', { rawInputContents: [Buffer.alloc(12)] }],
    ['without contents', { rawInputContents: [] }],
    ['with contents of both kinds', { inputs: [{ ...input, contents: { fp32Contents: [1, 2] } }] }],
    [
      'with contents of another type',
      { inputs: [{ ...input, contents: { intContents: [1, 2] } }], rawInputContents: [] },
    ],
    ['with a negative dimension', { inputs: [{ ...input, shape: [1, -1] }] }],
    ['without a dimension', { inputs: [{ ...input, shape: [] }] }],
    ['with no item', { inputs: [{ ...input, shape: [0, 2] }], rawInputContents: [Buffer.alloc(0)] }],
    [
      'whose inputs have different first dimensions',
      {
        inputs: [input, { ...input, name: 'y', shape: [2, 1] }],
        rawInputContents: [Buffer.alloc(8), Buffer.alloc(8)],
      },
    ],
    [
      'with one input twice',
      { inputs: [input, input], rawInputContents: [Buffer.alloc(8), Buffer.alloc(8)] },
    ],
    ['of a sequence', { parameters: { sequence_id: { int64Param: 4 } } }],
    ['with an input in shared memory', { inputs: [{ ...input, ...SHARED }] }],
    ['with an output in shared memory', { outputs: [{ name: 'o', ...SHARED }] } as Partial<InferRequest>],
    ['of an unknown datatype', { inputs: [{ ...input, datatype: 'FP128' }] }],
    [
      'with a text that is cut off',
      {
        inputs: [{ ...input, datatype: 'BYTES', shape: [1] }],
        rawInputContents: [Buffer.from([9, 0, 0, 0, 1])],
      },
    ],
  ])('%s', (_what, other) => {
    expect(merger.read(encode(simple(1, other)))).toBeUndefined()
  })

  test('in a message with a field that is not known, or that is none', () => {
    const { bytes } = encode(simple(1))
    expect(merger.read({ bytes: Buffer.concat([bytes, Buffer.from('7a0161', 'hex')]) })).toBeUndefined()
    expect(merger.read({ bytes: bytes.subarray(0, -1) })).toBeUndefined()
    expect(merger.read({ bytes: Buffer.alloc(0) })).toBeUndefined()
    const cutShape = Buffer.from('0a016d 2a0d0a01781204494e54381a018801 3a8801'.replaceAll(' ', ''), 'hex')
    expect(merger.read({ bytes: Buffer.concat([cutShape, Buffer.alloc(136)]) })).toBeUndefined()
  })
})

describe('an answer is not used', () => {
  const parts = () => partsOf(merger, [encode(simple(1, OUTPUTS)), encode(simple(2, OUTPUTS))])
  const OUTPUTS = { outputs: [{ name: 'o' }] } as Partial<InferRequest>
  const good: InferResponse = {
    modelName: 'm',
    outputs: [{ name: 'o', datatype: 'FP32', shape: [3, 1] }],
    rawOutputContents: [Buffer.alloc(12)],
  }
  const split = (response: InferResponse) => merger.split({ bytes: responseSerialize(response) }, parts())
  test('unless it fits', () => expect(split(good)).toHaveLength(2))
  test.each<[string, Partial<InferResponse>]>([
    ['whose first dimension is not the sum', { outputs: [{ ...good.outputs[0], shape: [1, 3] }] }],
    [
      'with a larger first dimension',
      { outputs: [{ ...good.outputs[0], shape: [6, 1] }], rawOutputContents: [Buffer.alloc(24)] },
    ],
    [
      'without a first dimension',
      { outputs: [{ ...good.outputs[0], shape: [] }], rawOutputContents: [Buffer.alloc(4)] },
    ],
    ['with too few bytes', { rawOutputContents: [Buffer.alloc(11)] }],
    ['without contents', { rawOutputContents: [] }],
    ['without outputs', { outputs: [], rawOutputContents: [] }],
    ['without an output that was asked for', { outputs: [{ ...good.outputs[0], name: 'p' }] }],
    ['of an unknown datatype', { outputs: [{ ...good.outputs[0], datatype: 'X' }] }],
  ])('%s', (_what, other) => {
    expect(split({ ...good, ...other })).toBeUndefined()
  })
  test('whose parameters would be repeated in more than 16 MiB', () => {
    const many = partsOf(
      merger,
      Array.from({ length: 32 }, () => encode(simple(1, OUTPUTS))),
    )
    const answerOf = (text: number) => ({
      ...{ modelName: 'm', outputs: [{ ...good.outputs[0], shape: [32, 1] }] },
      ...{ rawOutputContents: [Buffer.alloc(128)], parameters: { x: { stringParam: 'x'.repeat(text) } } },
    })
    const lengthFor = (text: number) => {
      return merger.split({ bytes: responseSerialize(answerOf(text)) }, many)?.length
    }
    expect(lengthFor(2 ** 19 - 1_000)).toBe(32)
    expect(lengthFor(2 ** 19)).toBeUndefined()
  })
  test('that is no message', () => {
    expect(merger.split({ bytes: Buffer.from('<html>') }, parts())).toBeUndefined()
  })
})

test.each(['constructor', '__proto__', 'toString', 'FP4'])(
  'requests of the datatype %s are not joined',
  (datatype) => {
    const typed = { name: 'x', datatype, shape: [1], contents: { fp32Contents: [1] } }
    const { contents: _, ...tensor } = typed
    const asked = [{ inputs: [typed] }, { inputs: [tensor], rawInputContents: [Buffer.alloc(4)] }]
    for (const one of asked) {
      const bytes = requestSerialize({ modelName: 'm', ...one })
      expect(inferenceMerger.read({ bytes })).toBeUndefined()
    }
  },
)

test.each([
  ['200,000 empty parameters', { empty: 200_000 }, false],
  ['20,000 tensors', { tensors: 20_000 }, true],
  ['30,000 tensors, which have 150,000 fields', { tensors: 30_000 }, false],
])(
  'whether a request with %s is joined',
  (_what, { tensors = 1, empty = 0 }: { tensors?: number; empty?: number }, isJoined) => {
    const request = inference.ModelInfer.requestSerialize({
      modelName: 'm',
      inputs: Array.from({ length: tensors }, (_, i) => ({ name: `x${i}`, datatype: 'INT8', shape: [1] })),
      rawInputContents: new Array(tensors).fill(Buffer.of(1)),
    })
    const bytes = Buffer.concat([request, Buffer.from('2200'.repeat(empty), 'hex')])
    expect(inferenceMerger.read({ bytes }) !== undefined).toBe(isJoined)
  },
)

test.each([
  [60_000, true],
  [70_000, false],
])('whether %d elements that are not packed are joined', (elements, isJoined) => {
  const contents = Buffer.from('1001'.repeat(elements), 'hex')
  const tensor = protobuf.Writer.create().uint32(10).string('x').uint32(18).string('INT32')
  tensor.uint32(26).fork().int64(1).int64(elements).ldelim().uint32(42).bytes(contents)
  const request = protobuf.Writer.create().uint32(10).string('m').uint32(42).bytes(tensor.finish())
  expect(inferenceMerger.read({ bytes: Buffer.from(request.finish()) }) !== undefined).toBe(isJoined)
})

test.each([
  ['100,000 dimensions', [100_000], true],
  ['140,000 dimensions', [140_000], false],
  ['140,000 dimensions of two tensors', [70_000, 70_000], false],
])('whether an answer of %s is divided', (_what, dimensions, isDivided) => {
  const parts = [1, 2].map((items) => {
    const inputs = [{ name: 'x', datatype: 'INT8', shape: [items] }]
    const request = { modelName: 'm', inputs, rawInputContents: [Buffer.alloc(items)] }
    return inferenceMerger.read({ bytes: requestSerialize(request) })!
  })
  const answer = protobuf.Writer.create().uint32(10).string('m')
  for (const more of dimensions) {
    const shape = Buffer.from([3, ...new Array(more - 1).fill(1)])
    const tensor = protobuf.Writer.create().uint32(18).string('INT8').uint32(26).bytes(shape)
    answer.uint32(42).bytes(tensor.finish())
  }
  for (const _ of dimensions) answer.uint32(50).bytes(Buffer.alloc(3))
  const bytes = Buffer.from(answer.finish())
  expect(inferenceMerger.split({ bytes }, parts) !== undefined).toBe(isDivided)
})

test('joining reads each tensor a few times, however many there are', () => {
  const names = Array.from({ length: 1_000 }, (_, i) => `x${i}`)
  const requestOf = (own: readonly string[]) => ({
    bytes: requestSerialize({
      modelName: 'm',
      inputs: own.map((name) => ({ name, datatype: 'INT8', shape: [1] })),
      rawInputContents: own.map(() => Buffer.of(1)),
    }),
  })
  let reads = 0
  const counted = partsOf(inferenceMerger, [requestOf(names), requestOf(names.toReversed())]).map((part) => {
    const { message } = part as unknown as { message: { tensors: object[] } }
    const get = (of: object[], key: string | symbol) => {
      reads++
      return Reflect.get(of, key)
    }
    return { ...part, message: { ...message, tensors: new Proxy(message.tensors, { get }) } }
  })
  const { inputs } = requestDeserialize(merger.join(counted).bytes)
  expect(inputs).toHaveLength(names.length)
  expect(reads).toBeLessThan(20 * names.length)
})
