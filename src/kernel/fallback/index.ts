import type { Kernel } from '../contract.ts'
import { assign } from './assignment.ts'
import { scanLattice, selectLattice } from './lattice.ts'

/** Every kernel in readable TypeScript. */
export const fallbackKernel: Kernel = { scanLattice, selectLattice, assign }
