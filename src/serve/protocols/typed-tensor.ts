/**
 * Tensors as `InferTensorContents`: one repeated field by datatype. Contents of several requests, one after another,
 * are the contents of the joined request, because repeated fields of encoded messages add up.
 */
import protobuf from 'protobufjs/minimal.js'
import { MalformedMessage, readFields } from './fields.ts'

/** The field of a datatype, and how its elements are encoded: in a fixed number of bytes, as varints, or as texts. */
const FIELDS = new Map<string, readonly [field: number, width: number | 'varint' | 'text']>([
  ['BOOL', [1, 'varint']],
  ['INT8', [2, 'varint']],
  ['INT16', [2, 'varint']],
  ['INT32', [2, 'varint']],
  ['INT64', [3, 'varint']],
  ['UINT8', [4, 'varint']],
  ['UINT16', [4, 'varint']],
  ['UINT32', [4, 'varint']],
  ['UINT64', [5, 'varint']],
  ['FP32', [6, 4]],
  ['FP64', [7, 8]],
  ['BYTES', [8, 'text']],
])

const WIRE_TYPES = { varint: 0, text: 2, 8: 1, 4: 5 } as const

/**
 * Divides the contents of a tensor.
 *
 * @param elements of the whole tensor
 * @param ends after how many elements each piece ends, not decreasing; the last one is `elements`
 * @returns undefined if the contents are not those of a tensor of this type with so many elements
 * @throws MalformedMessage if they have the field of another type, or are no fields
 */
export function sliceTyped(
  datatype: string,
  contents: Uint8Array,
  elements: number,
  ends: readonly number[],
): Uint8Array[] | undefined {
  const known = FIELDS.get(datatype)
  if (known === undefined) return undefined
  const [field, width] = known
  if (width === 'text') return sliceTexts(field, contents, elements, ends)
  const packed = packedOf(field, width, contents)
  if (width !== 'varint' && packed.length !== width * elements) return undefined
  const offsets = width === 'varint' ? varintOffsets(packed, elements, ends) : ends.map((end) => width * end)
  return offsets?.map((end, i) => {
    const own = packed.subarray(i === 0 ? 0 : offsets[i - 1], end)
    return own.length === 0
      ? own
      : new protobuf.Writer()
          .uint32((field << 3) | 2)
          .bytes(own)
          .finish()
  })
}

/** Whether contents are those of a tensor of this type and number of elements. @throws MalformedMessage */
export function isTyped(datatype: string, contents: Uint8Array, elements: number): boolean {
  return sliceTyped(datatype, contents, elements, [elements]) !== undefined
}

/** The most pieces of a numeric field: an element that is not packed is one, of two bytes, and takes 200 here. */
const MOST_PIECES = 65_536

/** The elements of a numeric field. @throws MalformedMessage for another field, too many pieces or bad bytes */
function packedOf(field: number, width: number | 'varint', contents: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = []
  const single = WIRE_TYPES[width as keyof typeof WIRE_TYPES]
  readFields(contents, (tag, value) => {
    if (pieces.length === MOST_PIECES) throw new MalformedMessage()
    if (tag === ((field << 3) | 2)) pieces.push(value.bytes())
    else if (tag === ((field << 3) | single)) {
      const from = value.pos
      value.skipType(single)
      pieces.push(contents.subarray(from, value.pos))
    } else throw new MalformedMessage()
    return true
  })
  return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
}

/** Where pieces end, in bytes. */
function varintOffsets(packed: Uint8Array, elements: number, ends: readonly number[]): number[] | undefined {
  const offsets: number[] = []
  let element = 0
  let length = 0
  for (let at = 0; ; at++) {
    if (length === 0) while (ends[offsets.length] === element) offsets.push(at)
    if (at === packed.length) break
    length++
    if (packed[at] < 0x80) {
      element++
      length = 0
    } else if (length === 10) return undefined
  }
  return length === 0 && element === elements ? offsets : undefined
}

function sliceTexts(
  field: number,
  contents: Uint8Array,
  elements: number,
  ends: readonly number[],
): Uint8Array[] | undefined {
  /** Where each element begins, with its tag, and where the last one ends. */
  const begins: number[] = [0]
  readFields(contents, (tag, value) => {
    if (tag !== ((field << 3) | 2)) throw new MalformedMessage()
    value.bytes()
    begins.push(value.pos)
    return true
  })
  if (begins.length - 1 !== elements) return undefined
  return ends.map((end, i) => contents.subarray(begins[i === 0 ? 0 : ends[i - 1]], begins[end]))
}
