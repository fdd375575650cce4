/** Joined requests: the pieces of the answer are those of each request alone, or nothing is joined. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type InferRequest, type InferResponse, inference } from '../../../src/serve/protocols/inference.ts'
import { inferenceMerger } from '../../../src/serve/protocols/inference-merging.ts'
import type { Encoded, Merger, Part } from '../../../src/serve/protocols/merging.ts'
import { restMerger } from '../../../src/serve/protocols/rest-merging.ts'

const { requestSerialize, requestDeserialize, responseSerialize } = inference.ModelInfer

/** Bytes of an element, and its field in typed contents. */
const TYPES: Readonly<Record<string, readonly [width: number, field: string | undefined]>> = {
  BOOL: [1, 'boolContents'],
  INT8: [1, 'intContents'],
  INT16: [2, 'intContents'],
  INT32: [4, 'intContents'],
  INT64: [8, 'int64Contents'],
  UINT8: [1, 'uintContents'],
  UINT16: [2, 'uintContents'],
  UINT32: [4, 'uintContents'],
  UINT64: [8, 'uint64Contents'],
  FP16: [2, undefined],
  BF16: [2, undefined],
  FP32: [4, 'fp32Contents'],
  FP64: [8, 'fp64Contents'],
  BYTES: [0, 'bytesContents'],
}

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

const sizeOf = (items: number, trailing: readonly number[]) => trailing.reduce((size, n) => size * n, items)

const rawOf = (datatype: string, elements: number) =>
  datatype === 'BYTES'
    ? fc.array(fc.uint8Array({ maxLength: 5 }), { minLength: elements, maxLength: elements }).map((texts) => {
        return Buffer.concat(texts.flatMap((text) => [Buffer.from(Uint32Array.of(text.length).buffer), text]))
      })
    : fc
        .uint8Array({ minLength: elements * TYPES[datatype][0], maxLength: elements * TYPES[datatype][0] })
        .map((bytes) => Buffer.from(bytes))

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

function partsOf(merger: Merger, requests: readonly Encoded[]): Part[] {
  const parts = requests.map((request) => merger.read(request))
  for (const part of parts) expect(part).toBeDefined()
  return parts as Part[]
}

const merger = inferenceMerger as Merger
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

describe('requests are not joined', () => {
  const key = (request: InferRequest) => merger.read(encode(request))?.key
  const input = simple(1).inputs[0]
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
  test('that is no message', () => {
    expect(merger.split({ bytes: Buffer.from('<html>') }, parts())).toBeUndefined()
  })
})

describe('over HTTP', () => {
  const rest = restMerger as Merger

  interface RestTensor {
    readonly name: string
    readonly shape: number[]
    readonly datatype: string
    readonly parameters?: { binary_data_size?: number }
    readonly data?: unknown[]
  }
  interface RestMessage {
    readonly id?: string
    readonly inputs: RestTensor[]
    readonly parameters?: object
  }

  const bodyOf = (message: object, binary: readonly Buffer[] = []): Encoded => {
    const json = Buffer.from(JSON.stringify(message))
    return binary.length === 0
      ? { bytes: json }
      : { bytes: Buffer.concat([json, ...binary]), jsonLength: String(json.length) }
  }

  /** The same elementwise model. */
  function restAnswerOf({ bytes, jsonLength }: Encoded): Encoded {
    const length = jsonLength === undefined ? bytes.length : Number(jsonLength)
    const { id, inputs }: RestMessage = JSON.parse(bytes.toString('utf8', 0, length))
    const outputs = inputs
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((input) => ({ ...input, name: `${input.name}'` }))
    let at = length
    const binaryOf = new Map(
      inputs.map(({ name, parameters }) => {
        const size = parameters?.binary_data_size ?? 0
        at += size
        return [`${name}'`, bytes.subarray(at - size, at)]
      }),
    )
    const binary = outputs.map(({ name }) => binaryOf.get(name)!)
    const answer = { model_name: 'm', ...(id !== undefined && { id }), outputs }
    return jsonLength === undefined ? bodyOf(answer) : bodyOf(answer, binary)
  }

  /** Values of a tensor as one list, or as lists of its rows. */
  const nested = (values: unknown[], [first, ...trailing]: number[]): unknown[] =>
    trailing.length === 0
      ? values
      : Array.from({ length: first }, (_, i) => {
          const each = values.length / first
          return nested(values.slice(i * each, (i + 1) * each), trailing)
        })

  const jsonValue: Record<string, fc.Arbitrary<unknown>> = {
    BOOL: fc.boolean(),
    INT64: fc.maxSafeInteger(),
    FP64: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
    BYTES: fc.string({ maxLength: 6, unit: 'grapheme' }),
  }

  const restCase = fc
    .record({
      hasId: fc.boolean(),
      inputs: fc.uniqueArray(
        fc.record({
          name: fc.constantFrom('x', 'y', 'grö"ße'),
          datatype: fc.constantFrom(...Object.keys(jsonValue)),
          trailing: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
          form: fc.constantFrom('list', 'rows', 'binary'),
        }),
        { minLength: 1, maxLength: 3, selector: ({ name }) => name },
      ),
    })
    .chain(({ hasId, inputs }) => {
      const isBinary = inputs.some(({ form }) => form === 'binary')
      const one = fc.integer({ min: 1, max: 4 }).chain((items) =>
        fc
          .record({
            order: fc.shuffledSubarray([...inputs.keys()], { minLength: inputs.length }),
            id: fc.string({ minLength: 1, maxLength: 4 }),
            contents: fc.tuple(
              ...inputs.map(({ datatype, trailing, form }): fc.Arbitrary<unknown> => {
                const elements = sizeOf(items, trailing)
                if (form === 'binary') return rawOf(datatype, elements)
                return fc.array(jsonValue[datatype], { minLength: elements, maxLength: elements })
              }),
            ),
          })
          .map(({ order, id, contents }): Encoded => {
            const tensors = order.map((i): RestTensor => {
              const { name, datatype, trailing, form } = inputs[i]
              const shape = [items, ...trailing]
              if (form === 'binary') {
                return {
                  name,
                  shape,
                  datatype,
                  parameters: { binary_data_size: (contents[i] as Buffer).length },
                }
              }
              const values = contents[i] as unknown[]
              return { name, datatype, shape, data: form === 'rows' ? nested(values, shape) : values }
            })
            const binary = order.filter((i) => inputs[i].form === 'binary').map((i) => contents[i] as Buffer)
            const message = { ...(hasId && { id }), inputs: tensors, parameters: { scale: 0.5 } }
            return bodyOf(message, isBinary ? binary : [])
          }),
      )
      return fc.array(one, { minLength: 2, maxLength: 5 })
    })

  const readable = ({ bytes, jsonLength }: Encoded) => {
    const length = jsonLength === undefined ? bytes.length : Number(jsonLength)
    return [JSON.parse(bytes.toString('utf8', 0, length)), bytes.subarray(length)]
  }

  test('the pieces of the answer are those of each request alone', () => {
    fc.assert(
      fc.property(restCase, (requests) => {
        const parts = partsOf(rest, requests)
        expect(new Set(parts.map(({ key }) => key)).size).toBe(1)
        const pieces = rest.split(restAnswerOf(rest.join(parts)), parts)
        expect(pieces).toHaveLength(requests.length)
        requests.forEach((request, i) => {
          expect(readable(pieces![i])).toEqual(readable(restAnswerOf(request)))
        })
      }),
      { numRuns: 300 },
    )
  })

  test('numbers keep their digits', () => {
    const text = (values: string) =>
      Buffer.from(`{ "inputs": [ {"name":"x","shape":[2],"datatype":"INT64","data": [ ${values} ]} ] }`)
    const parts = partsOf(rest, [
      { bytes: text('9007199254740993, 1') },
      { bytes: text('-2,18446744073709551615') },
    ])
    const joined = rest.join(parts)
    expect(joined.bytes.toString().replaceAll(/\s/g, '')).toBe(
      '{"inputs":[{"name":"x","shape":[4],"datatype":"INT64","data":[9007199254740993,1,-2,18446744073709551615]}]}',
    )
    const answer = Buffer.from(joined.bytes.toString().replace('inputs', 'outputs'))
    const pieces = rest
      .split({ bytes: answer }, parts)!
      .map(({ bytes }) => bytes.toString().replaceAll(/\s/g, ''))
    expect(pieces).toEqual([
      '{"outputs":[{"name":"x","shape":[2],"datatype":"INT64","data":[9007199254740993,1]}]}',
      '{"outputs":[{"name":"x","shape":[2],"datatype":"INT64","data":[-2,18446744073709551615]}]}',
    ])
  })

  test('an answer without an id gets those of the requests', () => {
    const request = (id: string) =>
      bodyOf({ id, inputs: [{ name: 'x', shape: [1], datatype: 'FP32', data: [1.5] }] })
    const parts = partsOf(rest, [request('a'), request('b')])
    const answer = { outputs: [{ name: 'y', shape: [2], datatype: 'FP32', data: [1, 2] }], model_name: 'm' }
    const pieces = rest.split(bodyOf(answer), parts)!
    expect(pieces.map((piece) => (readable(piece)[0] as { id: string }).id)).toEqual(['a', 'b'])
  })

  const one = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }
  test.each<[string, string]>([
    ['with too few values', JSON.stringify({ inputs: [{ ...one, data: [1] }] })],
    ['with rows of another number', JSON.stringify({ inputs: [{ ...one, data: [[1], [2]] }] })],
    ['without values', JSON.stringify({ inputs: [{ ...one, data: undefined }] })],
    ['with a key that is not known', JSON.stringify({ inputs: [one], more: 1 })],
    ['with a key twice', '{"inputs":[],"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}'],
    ['with values that no comma divides', JSON.stringify({ inputs: [one] }).replace('1,2]}', '1 2]}')],
    ['with something behind it', `${JSON.stringify({ inputs: [one] })} {}`],
    ['of a sequence', JSON.stringify({ inputs: [one], parameters: { sequence_id: 1 } })],
    [
      'in shared memory',
      JSON.stringify({ inputs: [{ ...one, data: undefined, parameters: { shared_memory_region: 'r' } }] }),
    ],
    ['that is cut off', JSON.stringify({ inputs: [one] }).slice(0, -1)],
    ['that is no JSON', '<html>'],
  ])('a request is not joined %s', (_what, text) => {
    expect(rest.read({ bytes: Buffer.from(text) })).toBeUndefined()
  })

  test('a request is not joined whose binary data has another size than it says', () => {
    const binary = { ...one, data: undefined, parameters: { binary_data_size: 8 } }
    expect(rest.read(bodyOf({ inputs: [binary] }, [Buffer.alloc(8)]))).toBeDefined()
    expect(rest.read(bodyOf({ inputs: [binary] }, [Buffer.alloc(7)]))).toBeUndefined()
    expect(rest.read(bodyOf({ inputs: [binary] }, [Buffer.alloc(9)]))).toBeUndefined()
  })
})
