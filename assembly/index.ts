export { assign, assignBytes } from './assign'
export { latticeWorkBytes, scanLattice, selectLattice } from './rank'
