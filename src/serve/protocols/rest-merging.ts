/** Joins requests of the Open Inference Protocol over HTTP, in JSON or with binary tensors behind it. */
import { MalformedMessage, unlessMalformed } from './fields.ts'
import type { TensorMetadata } from './inference.ts'
import {
  countValues,
  type ListCount,
  listRanges,
  objectRanges,
  parse,
  pieceRanges,
  replaced,
} from './json-ranges.ts'
import type { Range } from './json-scan.ts'
import {
  bindsRequest,
  canRepeat,
  type Encoded,
  elementsIn,
  type Merger,
  offsetsOf,
  type Part,
} from './merging.ts'
import { isRaw, sliceRaw } from './raw-tensor.ts'
import { jsonOf } from './rest.ts'

interface Tensor extends TensorMetadata {
  readonly elements: number
  /** The first number of its shape in the text. */
  readonly first: Range
  /** Its parameters, without the size of its binary data. */
  readonly parameters: string
  readonly data: JsonData | BinaryData
}

/** Values in the text. */
interface JsonData {
  readonly kind: 'json'
  readonly list: Range
  readonly values: ListCount
}

/** Bytes behind the text, in which their size stands. */
interface BinaryData {
  readonly kind: 'binary'
  readonly bytes: Buffer
  readonly size: Range
}

interface Message {
  readonly json: Buffer
  readonly hasLength: boolean
  readonly keys: ReadonlyMap<string, Range>
  readonly tensors: readonly Tensor[]
}

const REQUEST_KEYS = ['id', 'parameters', 'inputs', 'outputs']
const RESPONSE_KEYS = ['model_name', 'model_version', 'id', 'parameters', 'outputs']
const TENSOR_KEYS = ['name', 'shape', 'datatype', 'parameters', 'data']

type Replacement = Range & { readonly by: Uint8Array | string }

const COMMA = Buffer.from(',')

export const restMerger: Merger<Message> = {
  read: (request) => unlessMalformed(() => partOf(readMessage(request, REQUEST_KEYS, 'inputs'))),
  join(parts) {
    const [{ message }] = parts
    const tensorsOf = parts.map(({ message: of }) => ({
      json: of.json,
      byName: new Map(of.tensors.map((one) => [one.name, one.data])),
    }))
    const items = parts.reduce((sum, part) => sum + part.items, 0)
    const contents = message.tensors.map(({ name }) => {
      const own = tensorsOf.flatMap(({ json, byName }) => {
        const data = byName.get(name)!
        return data.kind === 'json' ? [COMMA, insideOf(json, data.list)] : [data.bytes]
      })
      return Buffer.concat(own[0] === COMMA ? own.slice(1) : own)
    })
    return written(message, items, contents)
  },
  split: (response, parts) =>
    unlessMalformed(() => splitMessage(readMessage(response, RESPONSE_KEYS, 'outputs'), parts)),
}

/** Undefined for a request that has to be sent alone. */
function partOf(message: Message): Part<Message> | undefined {
  const { json, keys, tensors, hasLength } = message
  const text = (key: string) => textOf(json, keys.get(key))
  const items = tensors[0].shape[0]
  const names = new Set(tensors.map(({ name }) => name))
  const isJoinable = ({ shape, data, datatype, elements }: Tensor) =>
    shape[0] === items &&
    elements > 0 &&
    (data.kind === 'json' ? hasElements(data.values, shape, elements) : isRaw(datatype, data.bytes, elements))
  if (names.size < tensors.length || !tensors.every(isJoinable)) return undefined
  const outputs = keys.has('outputs') ? listRanges(json, keys.get('outputs')!) : []
  const requested = outputs.map((output) => objectRanges(json, output))
  const bound = [keys, ...requested].flatMap((of) => namesIn(json, of.get('parameters')))
  if (bindsRequest([...bound, ...tensors.flatMap(({ parameters }) => Object.keys(JSON.parse(parameters)))]))
    return undefined
  const sorted = tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const key = JSON.stringify([
    keys.has('id'),
    text('parameters'),
    text('outputs'),
    hasLength,
    sorted.map(({ name, datatype, shape: [, ...trailing], parameters, data }) => {
      return [name, datatype, trailing, parameters, data.kind, data.kind === 'json' && data.values.isNested]
    }),
  ])
  return { key, items, message, requested: requested.map((of) => nameAt(json, of.get('name'))) }
}

function splitMessage(message: Message, parts: readonly Part<Message>[]): Encoded[] | undefined {
  const { json, tensors } = message
  const lists = tensors.flatMap(({ data }) => (data.kind === 'json' ? [data.list] : []))
  const divided = lists.reduce((sum, { from, to }) => sum + to - from, 0)
  if (!canRepeat(json.length - divided, parts)) return undefined
  const offsets = offsetsOf(parts)
  const items = offsets[parts.length]
  const names = new Set(tensors.map(({ name }) => name))
  const isDivisible = ({ shape, data, elements }: Tensor) =>
    shape[0] === items &&
    elements > 0 &&
    (data.kind === 'binary' || hasElements(data.values, shape, elements))
  if (!tensors.every(isDivisible) || !parts[0].requested.every((name) => names.has(name))) return undefined
  const slices: Uint8Array[][] = []
  for (const { datatype, elements, data } of tensors) {
    const each = data.kind === 'json' && data.values.isNested ? 1 : elements / items
    const ends = offsets.slice(1).map((end) => end * each)
    const found =
      data.kind === 'binary'
        ? sliceRaw(datatype, data.bytes, elements, ends)
        : pieceRanges(json, data.list, ends).map(({ from, to }) => json.subarray(from, to))
    if (found === undefined) return undefined
    slices.push(found)
  }
  return parts.map((part, i) => {
    const contents = slices.map((own) => own[i])
    return written(message, part.items, contents, idOf(part, message))
  })
}

/** The message with another number of items, the contents of its tensors, and other parts of its text replaced. */
function written(
  { json, tensors, hasLength }: Message,
  items: number,
  contents: readonly Uint8Array[],
  others: readonly Replacement[] = [],
): Encoded {
  const binary = contents.filter((_, t) => tensors[t].data.kind === 'binary')
  const replacements = tensors.flatMap(({ first, data }, t): Replacement[] => [
    { ...first, by: String(items) },
    data.kind === 'json'
      ? { from: data.list.from + 1, to: data.list.to - 1, by: contents[t] }
      : { ...data.size, by: String(contents[t].length) },
  ])
  const text = replaced(json, [...replacements, ...others])
  return { bytes: Buffer.concat([text, ...binary]), ...(hasLength && { jsonLength: String(text.length) }) }
}

/** The id of a request in place of that of the joined one. */
function idOf({ message }: Part<Message>, { json, keys }: Message): Replacement[] {
  const id = textOf(message.json, message.keys.get('id'))
  if (id === '') return []
  const own = keys.get('id')
  const begin = json.indexOf('{') + 1
  return own ? [{ ...own, by: id }] : [{ from: begin, to: begin, by: `"id":${id},` }]
}

/** @throws MalformedMessage for what is no such message, or has keys that are not known */
function readMessage(
  { bytes, jsonLength }: Encoded,
  known: readonly string[],
  list: 'inputs' | 'outputs',
): Message {
  const json = jsonOf(bytes, jsonLength)
  const keys = objectRanges(json, { from: 0, to: json.length })
  const found = keys.get(list)
  if (found === undefined || [...keys.keys()].some((key) => !known.includes(key)))
    throw new MalformedMessage()
  let behind = json.length
  const tensors = listRanges(json, found).map((range): Tensor => {
    const own = objectRanges(json, range)
    if ([...own.keys()].some((key) => !TENSOR_KEYS.includes(key))) throw new MalformedMessage()
    const shape = own.get('shape')
    if (shape === undefined) throw new MalformedMessage()
    const dimensions = listRanges(json, shape)
    const sizes = dimensions.map((dimension) => Number(json.toString('latin1', dimension.from, dimension.to)))
    const [parameters, values] = ['parameters', 'data'].map((key) => given(json, own.get(key)))
    const size = parameters && objectRanges(json, parameters).get('binary_data_size')
    if ((size === undefined) === (values === undefined)) throw new MalformedMessage()
    const length = size === undefined ? 0 : (parse(json, size) as number)
    if (!(Number.isSafeInteger(length) && length >= 0 && behind + length <= bytes.length)) {
      throw new MalformedMessage()
    }
    behind += length
    return {
      name: nameAt(json, own.get('name')),
      datatype: nameAt(json, own.get('datatype')),
      shape: sizes,
      elements: elementsIn(sizes),
      first: dimensions[0],
      parameters: parametersOf(json, parameters),
      data: values
        ? { kind: 'json', list: values, values: countValues(json, values) }
        : { kind: 'binary', bytes: bytes.subarray(behind - length, behind), size: size! },
    }
  })
  if (tensors.length === 0 || behind !== bytes.length) throw new MalformedMessage()
  return { json, hasLength: jsonLength !== undefined, keys, tensors }
}

/** A value that has to be text. @throws MalformedMessage */
function nameAt(json: Buffer, range: Range | undefined): string {
  const name = range && parse(json, range)
  if (typeof name !== 'string') throw new MalformedMessage()
  return name
}

/** The parameters of a tensor as text, without the size of its binary data. */
function parametersOf(json: Buffer, range: Range | undefined): string {
  if (range === undefined) return '{}'
  // of so many digits, different numbers may be the same once they are parsed
  if (/\d{16}/.test(textOf(json, range))) throw new MalformedMessage()
  const values = Array.from(objectRanges(json, range), ([name, value]) => [name, parse(json, value)] as const)
  // the protocol has no parameters that are null
  if (values.some(([, value]) => value === null)) throw new MalformedMessage()
  return JSON.stringify(Object.fromEntries(values.filter(([name]) => name !== 'binary_data_size')))
}

function namesIn(json: Buffer, range: Range | undefined): string[] {
  const object = given(json, range)
  return object === undefined ? [] : [...objectRanges(json, object).keys()]
}

/** A value; undefined where it is null, which counts as missing. */
function given(json: Buffer, range: Range | undefined): Range | undefined {
  return range && range.to - range.from === 4 && textOf(json, range) === 'null' ? undefined : range
}

function textOf(json: Buffer, range: Range | undefined): string {
  return range === undefined ? '' : json.toString('utf8', range.from, range.to)
}

/** What stands between the brackets of a list. */
function insideOf(json: Buffer, { from, to }: Range): Buffer {
  return json.subarray(from + 1, to - 1)
}

/** Whether the values of a tensor are as many as its shape says, as one list or as a list of rows. */
function hasElements(
  { count, isNested, leaves }: ListCount,
  shape: readonly number[],
  elements: number,
): boolean {
  return leaves === elements && count === (isNested ? shape[0] : elements)
}
