/** Tensors as raw bytes: elements in a row, little endian; one of BYTES has its length before it, four bytes. */
import { ELEMENT_BYTES } from './zeros.ts'

/**
 * Divides a raw tensor.
 *
 * @param elements of the whole tensor
 * @param ends after how many elements each piece ends, not decreasing; the last one is `elements`
 * @returns undefined if the bytes are not those of a tensor of this type with so many elements
 */
export function sliceRaw(
  datatype: string,
  bytes: Uint8Array,
  elements: number,
  ends: readonly number[],
): Uint8Array[] | undefined {
  const width = ELEMENT_BYTES.get(datatype)
  if (width === undefined) return undefined
  if (datatype === 'BYTES') return sliceTexts(bytes, elements, ends)
  if (bytes.length !== width * elements) return undefined
  return ends.map((end, i) => bytes.subarray(width * (i === 0 ? 0 : ends[i - 1]), width * end))
}

/** Whether the bytes are a tensor of this type with so many elements. */
export function isRaw(datatype: string, bytes: Uint8Array, elements: number): boolean {
  return sliceRaw(datatype, bytes, elements, [elements]) !== undefined
}

function sliceTexts(bytes: Uint8Array, elements: number, ends: readonly number[]): Uint8Array[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const slices: Uint8Array[] = []
  let at = 0
  let from = 0
  for (let element = 0; ; element++) {
    while (ends[slices.length] === element) {
      slices.push(bytes.subarray(from, at))
      from = at
    }
    if (element === elements) return at === bytes.length ? slices : undefined
    if (at + 4 > bytes.length) return undefined
    at += 4 + view.getUint32(at, true)
  }
}
