export { latticeWorkBytes, scanLattice, selectLattice } from './rank'
