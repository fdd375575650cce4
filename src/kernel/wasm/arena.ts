/**
 * One arena per module instance: arrays laid one after the other from address 1024 (lower addresses may be
 * miscompiled in optimised builds), each aligned for SIMD.
 *
 *   0       1024            used              capacity
 *   | unused | array | array | free            |
 *
 * Memory grows only while arrays are laid, never while a kernel runs. Growing detaches older views, so
 * `view*` is called after the last array is laid and after every run.
 */
export interface Arena {
  readonly memory: WebAssembly.Memory
  used: number
}

const BASE = 1024
const PAGE = 65536
const ALIGN = 16

export function createArena(memory: WebAssembly.Memory): Arena {
  return { memory, used: BASE }
}

/** Forgets every array laid so far. */
export function resetArena(arena: Arena): void {
  arena.used = BASE
}

/** Lays room for `bytes` and returns its address. Its content is whatever was there before. */
export function layBytes(arena: Arena, bytes: number): number {
  const address = arena.used
  arena.used = Math.ceil((address + bytes) / ALIGN) * ALIGN
  const missing = arena.used - arena.memory.buffer.byteLength
  if (missing > 0) arena.memory.grow(Math.ceil(missing / PAGE))
  return address
}

/** Lays a copy of `values` and returns its address. */
export function layF64(arena: Arena, values: Float64Array): number {
  const address = layBytes(arena, values.byteLength)
  viewF64(arena, address, values.length).set(values)
  return address
}

export function layI32(arena: Arena, values: Int32Array): number {
  const address = layBytes(arena, values.byteLength)
  viewI32(arena, address, values.length).set(values)
  return address
}

export function viewF64(arena: Arena, address: number, length: number): Float64Array {
  return new Float64Array(arena.memory.buffer, address, length)
}

export function viewI32(arena: Arena, address: number, length: number): Int32Array {
  return new Int32Array(arena.memory.buffer, address, length)
}
