export { fluidBounds, fluidRouting, fluidWorkBytes } from './fluid-bounds'
export { latticeWorkBytes, scanLattice, selectLattice } from './rank'
