import type { Kernel } from './contract.ts'
import { createArena } from './wasm/arena.ts'
import { type AssignmentExports, assign } from './wasm/assignment.ts'
import { type LatticeExports, scanLattice, selectLattice } from './wasm/lattice.ts'

type Exports = LatticeExports & AssignmentExports & { memory: WebAssembly.Memory }

/**
 * A kernel on an instance of its own: the instance keeps no state between calls, only its memory, which
 * never shrinks.
 */
export function createWasmKernel(module: WebAssembly.Module): Kernel {
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports
  const arena = createArena(exports.memory)
  return {
    scanLattice: (input) => scanLattice(exports, arena, input),
    selectLattice: (input) => selectLattice(exports, arena, input),
    assign: (problem) => assign(exports, arena, problem),
  }
}
