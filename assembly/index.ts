export { assign, assignBytes } from './assign'
export {
  arrive,
  cancel,
  complete,
  createDispatcher,
  dispatcherBytes,
  fleetBytes,
  join,
  layFleet,
  layQueue,
  leave,
  paceBytes,
  queueBytes,
  stateOf,
} from './dispatch'
export { fluidBounds, fluidRouting, fluidWorkBytes } from './fluid-bounds'
export { searchFluid, selectFluid, selectFluidBytes } from './fluid-select'
export { latticeWorkBytes, scanLattice, selectLattice } from './rank'
export { replay, replayBytes } from './replay'
export { decide, layRule, ruleBytes } from './rules'
