/** Joins requests of the Open Inference Protocol over gRPC, with raw or typed contents. */
import protobuf from 'protobufjs/minimal.js'
import { MalformedMessage, readFields, readText, textOf, unlessMalformed } from './fields.ts'
import { readShape, type TensorMetadata } from './inference.ts'
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
import { isTyped, sliceTyped } from './typed-tensor.ts'

interface Tensor extends TensorMetadata {
  /** Encoded entries. */
  readonly parameters: readonly Uint8Array[]
  /** Raw bytes, or encoded contents. */
  readonly bytes: Uint8Array
}

/** A request or a response: they differ by the requested outputs, and by the field of the raw contents. */
interface Message {
  readonly model: string
  readonly version: string
  readonly id: string
  readonly parameters: readonly Uint8Array[]
  readonly tensors: readonly Tensor[]
  readonly outputs: readonly Uint8Array[]
  readonly isRaw: boolean
}

const REQUEST = { raw: 7, outputs: 6 } as const
const RESPONSE = { raw: 6, outputs: 0 } as const

export const inferenceMerger: Merger<Message> = {
  read: ({ bytes }) => unlessMalformed(() => partOf(readMessage(bytes, REQUEST))),
  join(parts) {
    const [{ message }] = parts
    const items = parts.reduce((sum, part) => sum + part.items, 0)
    const bytesOf = parts.map((part) => new Map(part.message.tensors.map((one) => [one.name, one.bytes])))
    const tensors = message.tensors.map(({ name, shape: [, ...trailing], ...tensor }) => {
      const own = bytesOf.map((byName) => byName.get(name)!)
      return { ...tensor, name, shape: [items, ...trailing], bytes: Buffer.concat(own) }
    })
    return { bytes: writeMessage({ ...message, tensors }, REQUEST) }
  },
  split: ({ bytes }, parts) =>
    unlessMalformed(() => {
      const message = readMessage(bytes, RESPONSE)
      const divided = message.tensors.reduce((sum, tensor) => sum + tensor.bytes.length, 0)
      return canRepeat(bytes.length - divided, parts) ? splitMessage(message, parts) : undefined
    }),
}

/** Undefined for a request that has to be sent alone. */
function partOf(message: Message): Part<Message> | undefined {
  const { model, version, id, parameters, tensors, outputs, isRaw: raw } = message
  const items = tensors[0].shape[0]
  const names = new Set(tensors.map(({ name }) => name))
  const bound = [parameters, ...tensors.map((tensor) => tensor.parameters)].flat().map(nameIn)
  if (names.size < tensors.length || bindsRequest(bound) || !tensors.every(isComplete)) return undefined
  // outputs are bound by their own parameters, behind their name
  if (bindsRequest(outputs.flatMap(outputParameters))) return undefined
  const sorted = tensors.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const key = JSON.stringify([
    model,
    version,
    id !== '',
    raw,
    setOf(parameters),
    outputs.map(latin1),
    sorted.map(({ name, datatype, shape: [, ...trailing], ...of }) => {
      return [name, datatype, trailing, setOf(of.parameters)]
    }),
  ])
  return { key, items, message, requested: outputs.map(nameIn) }

  function isComplete({ datatype, shape, bytes: own }: Tensor): boolean {
    const elements = elementsIn(shape)
    if (shape[0] !== items || Number.isNaN(elements)) return false
    return (raw ? isRaw : isTyped)(datatype, own, elements)
  }
}

function splitMessage(message: Message, parts: readonly Part<Message>[]): Encoded[] | undefined {
  const offsets = offsetsOf(parts)
  const items = offsets[parts.length]
  const slices: Uint8Array[][] = []
  for (const { datatype, shape, bytes: own } of message.tensors) {
    const elements = elementsIn(shape)
    if (shape[0] !== items || Number.isNaN(elements)) return undefined
    const ends = offsets.slice(1).map((end) => (end * elements) / items)
    const found = (message.isRaw ? sliceRaw : sliceTyped)(datatype, own, elements, ends)
    if (found === undefined) return undefined
    slices.push(found)
  }
  const names = new Set(message.tensors.map(({ name }) => name))
  if (!parts[0].requested.every((name) => names.has(name))) return undefined
  return parts.map((part, i) => {
    const tensors = message.tensors.map(({ shape: [, ...trailing], ...tensor }, t) => {
      return { ...tensor, shape: [part.items, ...trailing], bytes: slices[t][i] }
    })
    const id = part.message.id === '' ? message.id : part.message.id
    return { bytes: writeMessage({ ...message, id, tensors }, RESPONSE) }
  })
}

type Fields = typeof REQUEST | typeof RESPONSE

/** The most fields and dimensions that are kept: an empty field has two bytes, and takes up to a kilobyte here. */
const MOST_FIELDS = 131_072

/** How many fields and dimensions of a message may still be read. */
interface FieldsLeft {
  fields: number
}

function readSome(
  bytes: Uint8Array,
  left: FieldsLeft,
  read: (tag: number, value: protobuf.Reader) => boolean,
): void {
  readFields(bytes, (tag, value) => {
    if (left.fields-- === 0) throw new MalformedMessage()
    return read(tag, value)
  })
}

/** @throws MalformedMessage for bytes that are no such message, an unknown field, too many, or contents of two kinds */
function readMessage(bytes: Uint8Array, { raw, outputs }: Fields): Message {
  const message = {
    model: '',
    version: '',
    id: '',
    parameters: [] as Uint8Array[],
    outputs: [] as Uint8Array[],
  }
  const tensors: Tensor[] = []
  const rawContents: Uint8Array[] = []
  const left = { fields: MOST_FIELDS }
  readSome(bytes, left, (tag, value) => {
    const field = tag >>> 3
    if ((tag & 7) !== 2) throw new MalformedMessage()
    if (field === 1) message.model = readText(value)
    else if (field === 2) message.version = readText(value)
    else if (field === 3) message.id = readText(value)
    else if (field === 4) message.parameters.push(value.bytes())
    else if (field === 5) tensors.push(readTensor(value.bytes(), left))
    else if (field === raw) rawContents.push(value.bytes())
    else if (field === outputs) message.outputs.push(value.bytes())
    else throw new MalformedMessage()
    return true
  })
  if (tensors.length === 0) throw new MalformedMessage()
  if (rawContents.length === 0) return { ...message, tensors, isRaw: false }
  const isClear =
    rawContents.length === tensors.length && tensors.every((tensor) => tensor.bytes.length === 0)
  if (!isClear) throw new MalformedMessage()
  return {
    ...message,
    tensors: tensors.map((tensor, i) => ({ ...tensor, bytes: rawContents[i] })),
    isRaw: true,
  }
}

/** @throws MalformedMessage */
function readTensor(bytes: Uint8Array, left: FieldsLeft): Tensor {
  const tensor = { name: '', datatype: '', shape: [] as number[], parameters: [] as Uint8Array[] }
  const contents: Uint8Array[] = []
  const found = (dimension: number) => {
    if (left.fields-- === 0) throw new MalformedMessage()
    tensor.shape.push(dimension)
  }
  readSome(bytes, left, (tag, value) => {
    if (readShape(tag, value, found)) return true
    if ((tag & 7) !== 2) throw new MalformedMessage()
    const field = tag >>> 3
    if (field === 1) tensor.name = readText(value)
    else if (field === 2) tensor.datatype = readText(value)
    else if (field === 4) tensor.parameters.push(value.bytes())
    else if (field === 5) contents.push(value.bytes())
    else throw new MalformedMessage()
    return true
  })
  return { ...tensor, bytes: contents.length === 1 ? contents[0] : Buffer.concat(contents) }
}

function writeMessage(
  { model, version, id, parameters, tensors, outputs, ...of }: Message,
  fields: Fields,
): Buffer {
  const writer = new protobuf.BufferWriter()
  const bytes = (field: number, value: Uint8Array) => writer.uint32((field << 3) | 2).bytes(value)
  const text = (field: number, value: string) => value !== '' && bytes(field, Buffer.from(value))
  text(1, model)
  text(2, version)
  text(3, id)
  for (const entry of parameters) bytes(4, entry)
  for (const tensor of tensors) {
    writer.uint32((5 << 3) | 2).fork()
    text(1, tensor.name)
    text(2, tensor.datatype)
    writer.uint32((3 << 3) | 2).fork()
    for (const dimension of tensor.shape) writer.int64(dimension)
    writer.ldelim()
    for (const entry of tensor.parameters) bytes(4, entry)
    if (!of.isRaw && tensor.bytes.length > 0) bytes(5, tensor.bytes)
    writer.ldelim()
  }
  for (const output of outputs) bytes(fields.outputs, output)
  if (of.isRaw) for (const tensor of tensors) bytes(fields.raw, tensor.bytes)
  return Buffer.from(writer.finish())
}

/** The first field of an entry of a map, or of a requested output: its name. */
function nameIn(entry: Uint8Array): string {
  return textOf(entry, 1)
}

/** The names of the parameters of a requested output. */
function outputParameters(output: Uint8Array): string[] {
  const names: string[] = []
  readSome(output, { fields: MOST_FIELDS }, (tag, value) => {
    if (tag !== ((2 << 3) | 2)) return false
    names.push(nameIn(value.bytes()))
    return true
  })
  return names
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

/** The entries of a map in a fixed order. */
function setOf(entries: readonly Uint8Array[]): string[] {
  return entries.map(latin1).sort()
}
