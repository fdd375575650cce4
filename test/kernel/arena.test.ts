import { expect, test } from 'vitest'
import { createArena, reserveBytes, viewF64 } from '../../src/kernel/wasm/arena.ts'

const PAGE = 65536

test('what is reserved is aligned, and views are valid after the memory has grown', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  const arena = createArena(memory)
  const first = reserveBytes(arena, 24)
  const second = reserveBytes(arena, 3 * PAGE)
  expect([first % 16, second % 16]).toEqual([0, 0])
  expect(second - first).toBe(32)
  expect(arena.view.buffer).toBe(memory.buffer)
  expect(arena.view.byteLength).toBeGreaterThanOrEqual(second + 3 * PAGE)
  viewF64(arena, first, 3).fill(1)
  expect(arena.view.getFloat64(first + 16, true)).toBe(1)
})

// a kernel returns sizes as signed numbers of 32 bits
test.each([
  ['more than there is', 2 * PAGE],
  ['2^31 bytes', -(2 ** 31)],
  ['4 GB', 2 ** 32],
])('reserving %s is refused, and nothing is reserved', (_what, bytes) => {
  const arena = createArena(new WebAssembly.Memory({ initial: 1, maximum: 2 }))
  const used = arena.used
  expect(() => reserveBytes(arena, bytes)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }))
  expect(arena.used).toBe(used)
  expect(reserveBytes(arena, 8)).toBe(used)
})
