/**
 * Plain data as text, without loss: JSON, with typed arrays in base64 and the numbers that JSON lacks by their names.
 * What a queue returns is equal to the last bit to what was sent.
 */
import { KairosError } from '../model/errors.ts'

const ARRAYS = { Float64Array, Float32Array, Int32Array, Uint32Array, Uint8Array } as const

type ArrayName = keyof typeof ARRAYS

export function pack(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (ArrayBuffer.isView(item)) {
      const { buffer, byteOffset, byteLength } = item
      return {
        $array: item.constructor.name,
        base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
      }
    }
    const isExact = typeof item !== 'number' || (Number.isFinite(item) && !Object.is(item, -0))
    return isExact ? item : { $number: Object.is(item, -0) ? '-0' : String(item) }
  })
}

/** @throws KairosError QUEUE for a text that `pack` did not write */
export function unpack(text: string): unknown {
  try {
    return JSON.parse(text, (_, item: unknown) => {
      if (typeof item !== 'object' || item === null) return item
      if ('$number' in item) return Number(item.$number)
      if (!('$array' in item)) return item
      const { $array, base64 } = item as unknown as { $array: ArrayName; base64: string }
      const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
      return new ARRAYS[$array](bytes.buffer)
    })
  } catch (error) {
    const problem = 'holds data that was not written by kairos-wasm'
    const cure = 'use a database of its own, and remove what is there with kairos-wasm queue clean --all'
    throw new KairosError('QUEUE', problem, { field: 'queue' }, cure, { cause: error })
  }
}
