/** What tests of joined requests share: raw tensors of every datatype, and requests that are read. */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Encoded, Merger, Part } from '../../../src/serve/protocols/merging.ts'

/** Bytes of an element, and its field in typed contents. */
export const TYPES: Readonly<Record<string, readonly [width: number, field: string | undefined]>> = {
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

/** Elements of a tensor. */
export const sizeOf = (items: number, trailing: readonly number[]) =>
  trailing.reduce((size, n) => size * n, items)

/** Any raw contents of a tensor. */
export const rawOf = (datatype: string, elements: number) =>
  datatype === 'BYTES'
    ? fc.array(fc.uint8Array({ maxLength: 5 }), { minLength: elements, maxLength: elements }).map((texts) => {
        return Buffer.concat(texts.flatMap((text) => [Buffer.from(Uint32Array.of(text.length).buffer), text]))
      })
    : fc
        .uint8Array({ minLength: elements * TYPES[datatype][0], maxLength: elements * TYPES[datatype][0] })
        .map((bytes) => Buffer.from(bytes))

/** The requests as parts of one; each of them can be joined. */
export function partsOf(merger: Merger, requests: readonly Encoded[]): Part[] {
  const parts = requests.map((request) => merger.read(request))
  for (const part of parts) expect(part).toBeDefined()
  return parts as Part[]
}
