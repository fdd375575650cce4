import type { Kernel } from '../contract.ts'
import { assign } from './assignment.ts'
import { createDispatcher } from './dispatcher.ts'
import {
  createBounds,
  createSelection,
  fluidBounds,
  fluidRouting,
  searchFluid,
  selectFluid,
} from './fluid.ts'
import { scanLattice, selectLattice } from './lattice.ts'
import { optimalPlan } from './plan.ts'
import { replay } from './replay.ts'

/** Every kernel in readable TypeScript. */
export const fallbackKernel: Kernel = {
  scanLattice,
  selectLattice,
  fluidBounds,
  createBounds,
  fluidRouting,
  selectFluid,
  createSelection,
  searchFluid,
  assign,
  createDispatcher,
  replay,
  optimalPlan,
}
