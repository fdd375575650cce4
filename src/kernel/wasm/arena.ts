import { KairosError } from '../../model/errors.ts'
import type { FieldType, Layout } from './layout.ts'

/**
 * One arena per module instance: arrays and blocks one after the other from address 1024 (lower addresses may
 * be miscompiled in optimised builds), each aligned for SIMD.
 *
 *   0       1024            used              capacity
 *   | unused | array | block | free            |
 *
 * Memory grows only while space is reserved, never while a kernel runs. Growth detaches older views, so
 * `view*` is called after the last reservation and after every run.
 */
export interface Arena {
  readonly memory: WebAssembly.Memory
  /** The whole memory; renewed when it grows. */
  view: DataView
  used: number
}

const BASE = 1024
const PAGE = 65536
const ALIGN = 16

export function createArena(memory: WebAssembly.Memory): Arena {
  return { memory, view: new DataView(memory.buffer), used: BASE }
}

/** Frees everything that was reserved. */
export function resetArena(arena: Arena): void {
  arena.used = BASE
}

/**
 * Reserves `bytes` and returns their address. They are not cleared.
 *
 * @param bytes a kernel returns numbers of 2^31 and more as negative ones
 * @throws KairosError TOO_LARGE where there is not so much memory
 */
export function reserveBytes(arena: Arena, bytes: number): number {
  const address = arena.used
  const end = Math.ceil((address + (bytes < 0 ? bytes + 2 ** 32 : bytes)) / ALIGN) * ALIGN
  if (end > arena.view.byteLength) grow(arena, end)
  arena.used = end
  return address
}

/** Grows the memory to `end` bytes at least. */
function grow(arena: Arena, end: number): void {
  try {
    arena.memory.grow(Math.ceil((end - arena.view.byteLength) / PAGE))
  } catch (cause) {
    const problem = `the call needs ${(end / 2 ** 30).toFixed(1)} GB of memory or more`
    const cure = 'a kernel has 4 GB at most: ask for less in one call, such as a shorter trace'
    throw new KairosError('TOO_LARGE', problem, {}, cure, { cause })
  }
  arena.view = new DataView(arena.memory.buffer)
}

/** Copies `values` into the arena and returns their address. */
export function copyF64(arena: Arena, values: Float64Array): number {
  const address = reserveBytes(arena, values.byteLength)
  viewF64(arena, address, values.length).set(values)
  return address
}

export function copyI32(arena: Arena, values: Int32Array): number {
  const address = reserveBytes(arena, values.byteLength)
  viewI32(arena, address, values.length).set(values)
  return address
}

/** Reserves a block, writes its fields and returns its address. */
export function writeBlock<Values>(arena: Arena, layout: Layout<Values>, values: Values): number {
  const address = reserveBytes(arena, layout.size)
  layout.write(arena.view, address, values)
  return address
}

/** Reserves a block for a kernel to write and returns its address. Its fields are not cleared. */
export function reserveBlock<Values>(arena: Arena, layout: Layout<Values>): number {
  return reserveBytes(arena, layout.size)
}

/** The value of one field of the block at `address`. */
export function readField<Values, Field extends keyof Values>(
  arena: Arena,
  layout: Layout<Values>,
  address: number,
  field: Field,
): Values[Field] {
  const { type, offset } = layout.fields[field]
  return READERS[type](arena.view, address + offset) as Values[Field]
}

const READERS: Record<FieldType, (view: DataView, address: number) => number | bigint> = {
  u8: (view, address) => view.getUint8(address),
  i32: (view, address) => view.getInt32(address, true),
  u32: (view, address) => view.getUint32(address, true),
  usize: (view, address) => view.getUint32(address, true),
  f32: (view, address) => view.getFloat32(address, true),
  i64: (view, address) => view.getBigInt64(address, true),
  f64: (view, address) => view.getFloat64(address, true),
}

export function viewF64(arena: Arena, address: number, length: number): Float64Array {
  return new Float64Array(arena.view.buffer, address, length)
}

export function viewI32(arena: Arena, address: number, length: number): Int32Array {
  return new Int32Array(arena.view.buffer, address, length)
}
