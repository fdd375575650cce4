/** Joined requests over HTTP: the pieces of the answer are those of each request alone, or nothing is joined. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Encoded, Merger } from '../../../src/serve/protocols/merging.ts'
import { restMerger } from '../../../src/serve/protocols/rest-merging.ts'
import { partsOf, rawOf, sizeOf } from './joined-tensors.ts'

const rest: Merger = restMerger

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
        expect(pieces![i].jsonLength === undefined).toBe(request.jsonLength === undefined)
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

/** What neither String() nor Number() takes. */
const NO_TEXT = { toString: 1, valueOf: 1 }

const one = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }
test.each<[string, string]>([
  ['with too few values', JSON.stringify({ inputs: [{ ...one, data: [1] }] })],
  ['with rows of another number', JSON.stringify({ inputs: [{ ...one, data: [[1], [2]] }] })],
  ['without values', JSON.stringify({ inputs: [{ ...one, data: undefined }] })],
  ['with a key that is not known', JSON.stringify({ inputs: [one], more: 1 })],
  ['with a key of an input that is not known', JSON.stringify({ inputs: [{ ...one, more: 1 }] })],
  [
    'whose inputs have different first dimensions',
    JSON.stringify({ inputs: [one, { ...one, name: 'y', shape: [2, 1] }] }),
  ],
  ['without a datatype', JSON.stringify({ inputs: [{ ...one, datatype: undefined }] })],
  ['without a shape', JSON.stringify({ inputs: [{ ...one, shape: undefined }] })],
  ['without a dimension', JSON.stringify({ inputs: [{ ...one, shape: [], data: [] }] })],
  ['with a key twice', '{"inputs":[],"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}'],
  ['with values that no comma divides', JSON.stringify({ inputs: [one] }).replace('1,2]}', '1 2]}')],
  ['with something behind it', `${JSON.stringify({ inputs: [one] })} {}`],
  ['of a sequence', JSON.stringify({ inputs: [one], parameters: { sequence_id: 1 } })],
  [
    'in shared memory',
    JSON.stringify({ inputs: [{ ...one, data: undefined, parameters: { shared_memory_region: 'r' } }] }),
  ],
  ['with an output without a name', JSON.stringify({ inputs: [one], outputs: [{}] })],
  ['with an output whose name is an object', JSON.stringify({ inputs: [one], outputs: [{ name: NO_TEXT }] })],
  ['with a name that is an object', JSON.stringify({ inputs: [{ ...one, name: NO_TEXT }] })],
  ['with a datatype that is an object', JSON.stringify({ inputs: [{ ...one, datatype: NO_TEXT }] })],
  [
    'whose size of binary data is an object',
    JSON.stringify({ inputs: [{ ...one, data: undefined, parameters: { binary_data_size: NO_TEXT } }] }),
  ],
  ['with a parameter that is null', JSON.stringify({ inputs: [{ ...one, parameters: { none: null } }] })],
  ['with a parameter that is a list', JSON.stringify({ inputs: [{ ...one, parameters: { list: [1] } }] })],
  [
    'with parameters that are 20,000 deep',
    JSON.stringify({ inputs: [{ ...one, parameters: { deep: 0 } }] }).replace(
      '"deep":0',
      `"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    ),
  ],
  ['that is cut off', JSON.stringify({ inputs: [one] }).slice(0, -1)],
  ['that is no JSON', '<html>'],
  [
    'with lists that are 200,000 deep',
    JSON.stringify({ inputs: [{ ...one, data: 0 }] }).replace(
      '"data":0',
      `"data":${'['.repeat(200_000)}1${']'.repeat(200_000)}`,
    ),
  ],
])('a request is not joined %s', (_what, text) => {
  expect(rest.read({ bytes: Buffer.from(text) })).toBeUndefined()
})

const output = { name: 'y', shape: [2], datatype: 'FP32', data: [1, 2] }
test.each<[string, object, boolean]>([
  ['that fits', { outputs: [output] }, true],
  ['with a name that is an object', { outputs: [{ ...output, name: NO_TEXT }] }, false],
  ['whose first dimension is not the sum', { outputs: [{ ...output, shape: [1, 2] }] }, false],
  ['with too few values', { outputs: [{ ...output, data: [1] }] }, false],
  ['with too many values', { outputs: [{ ...output, data: [1, 2, 3] }] }, false],
  ['without the output that was asked for', { outputs: [{ ...output, name: 'z' }] }, false],
  ['without outputs', { outputs: [] }, false],
  [
    'with another one that does not fit',
    { outputs: [output, { ...output, name: 'z', shape: [1, 2] }] },
    false,
  ],
])('whether an answer is divided %s', (_what, answer, isDivided) => {
  const request = bodyOf({
    inputs: [{ ...output, name: 'x', shape: [1], data: [1.5] }],
    outputs: [{ name: 'y' }],
  })
  const pieces = rest.split(bodyOf(answer), partsOf(rest, [request, request]))
  expect(pieces?.length).toBe(isDivided ? 2 : undefined)
})

test('an answer whose parameters would be repeated in more than 16 MiB is not divided', () => {
  const request = bodyOf({ inputs: [{ name: 'x', shape: [1], datatype: 'FP32', data: [1.5] }] })
  const parts = partsOf(rest, new Array(32).fill(request))
  const outputs = [{ name: 'y', shape: [32], datatype: 'FP32', data: new Array(32).fill(1) }]
  const lengthFor = (text: number) => {
    return rest.split(bodyOf({ outputs, parameters: { x: 'x'.repeat(text) } }), parts)?.length
  }
  expect(lengthFor(2 ** 19 - 1_000)).toBe(32)
  expect(lengthFor(2 ** 19)).toBeUndefined()
})

test('joining takes time in proportion to the tensors', () => {
  const tensors = Array.from({ length: 1_000 }, (_, i) => ({
    name: `x${i}`,
    shape: [1],
    datatype: 'INT8',
    data: [1],
  }))
  const parts = partsOf(rest, [bodyOf({ inputs: tensors }), bodyOf({ inputs: tensors.toReversed() })])
  let reads = 0
  const counted = parts.map((part) => {
    const { message } = part as unknown as { message: { tensors: object[] } }
    const get = (of: object[], key: string | symbol) => {
      reads++
      return Reflect.get(of, key)
    }
    return { ...part, message: { ...message, tensors: new Proxy(message.tensors, { get }) } }
  })
  const [joined] = readable(rest.join(counted)) as [{ inputs: { data: number[] }[] }]
  expect(joined.inputs).toHaveLength(tensors.length)
  expect(joined.inputs.every(({ data }) => data.length === 2)).toBe(true)
  expect(reads).toBeLessThan(20 * tensors.length)
})

test('what is null counts as missing', () => {
  const inputs = [{ ...one, parameters: null }]
  expect(rest.read(bodyOf({ inputs, parameters: null }))).toBeDefined()
  expect(rest.read(bodyOf({ inputs: [{ ...one, data: null }] }))).toBeUndefined()
})

test('a request is not joined whose binary data has another size than it says', () => {
  const binary = { ...one, data: undefined, parameters: { binary_data_size: 8 } }
  expect(rest.read(bodyOf({ inputs: [binary] }, [Buffer.alloc(8)]))).toBeDefined()
  expect(rest.read(bodyOf({ inputs: [binary] }, [Buffer.alloc(7)]))).toBeUndefined()
  expect(rest.read(bodyOf({ inputs: [binary] }, [Buffer.alloc(9)]))).toBeUndefined()
})

test('a request that asks for 200,000 outputs is not joined', () => {
  const text = JSON.stringify({ inputs: [one], outputs: new Array(200_000).fill({ name: 'y' }) })
  expect(rest.read({ bytes: Buffer.from(text) })).toBeUndefined()
})

test('a list of 100,000 numbers is joined, and its answer divided', () => {
  const data = Array.from({ length: 100_000 }, (_, i) => i)
  const parts = partsOf(rest, [
    bodyOf({ inputs: [{ name: 'x', shape: [1, data.length], datatype: 'INT32', data }] }),
    bodyOf({ inputs: [{ name: 'x', shape: [1, data.length], datatype: 'INT32', data: data.toReversed() }] }),
  ])
  const [joined] = readable(rest.join(parts)) as [{ inputs: [{ shape: number[]; data: number[] }] }]
  expect(joined.inputs[0]).toMatchObject({ shape: [2, data.length], data: [...data, ...data.toReversed()] })
  const answer = { model_name: 'm', outputs: [{ ...joined.inputs[0], name: 'y', datatype: 'INT32' }] }
  const [first] = readable(rest.split(bodyOf(answer), parts)![0]) as [{ outputs: [{ data: number[] }] }]
  expect(first.outputs[0].data).toEqual(data)
})
