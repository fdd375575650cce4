import type { Kernel } from '../contract.ts'
import { createArena } from './arena.ts'
import { type AssignmentExports, assign } from './assignment.ts'
import { createDispatcher } from './dispatcher.ts'
import {
  createBounds,
  createSelection,
  type FluidExports,
  fluidBounds,
  fluidRouting,
  searchFluid,
  selectFluid,
} from './fluid.ts'
import { type LatticeExports, scanLattice, selectLattice } from './lattice.ts'
import { optimalPlan, type PlanExports } from './plan.ts'
import { type ReplayExports, replay } from './replay.ts'

export type ModuleFunctions = LatticeExports & FluidExports & AssignmentExports & ReplayExports & PlanExports

type Instance = ModuleFunctions & { readonly memory: WebAssembly.Memory }

/**
 * A kernel on an instance of its own. The instance keeps no state between calls, only its memory, which never shrinks.
 * A dispatcher has state, so each dispatcher has its own instance; so have a selection in steps and lists of bounds.
 */
export function createWasmKernel(module: WebAssembly.Module): Kernel {
  const instantiate = () => new WebAssembly.Instance(module).exports as unknown as Instance
  const exports = instantiate()
  const arena = createArena(exports.memory)
  /** That of a selection that has finished: the next one finds its memory grown and mapped. */
  let idle: Instance | undefined
  return {
    scanLattice: (input) => scanLattice(exports, arena, input),
    selectLattice: (input) => selectLattice(exports, arena, input),
    fluidBounds: (input) => fluidBounds(exports, arena, input),
    createBounds: (program) => createBounds(instantiate(), program),
    fluidRouting: (input) => fluidRouting(exports, arena, input),
    selectFluid: (input) => selectFluid(exports, arena, input),
    createSelection: (input) => {
      const own = idle ?? instantiate()
      idle = undefined
      return createSelection(own, input, () => {
        idle = own
      })
    },
    searchFluid: (input) => searchFluid(exports, arena, input),
    assign: (problem) => assign(exports, arena, problem),
    createDispatcher: (setup) => createDispatcher(instantiate(), setup),
    replay: (input) => replay(exports, arena, input),
    optimalPlan: (problem) => optimalPlan(exports, arena, problem),
  }
}
