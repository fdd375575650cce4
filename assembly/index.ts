export { assign, assignBytes } from './assignment/assign'
export { createDispatcher, dispatcherBytes, growFleet, growWork, retune } from './dispatch/dispatcher'
export { join, leave, stateOf } from './dispatch/fleet'
export { arrive, cancel, growQueue } from './dispatch/queue'
export { decide } from './dispatch/rules'
export { setAging, setSlowdown, slowdownOf } from './dispatch/slowdown'
export { complete, hold } from './dispatch/start'
export {
  boundMore,
  createBounds,
  fluidBasisBytes,
  fluidBounds,
  fluidRouting,
  fluidWorkBytes,
} from './fluid/bounds'
export { searchFluid } from './fluid/search'
export { advance, createSelection, finish, selectFluid, selectFluidBytes } from './fluid/select'
export { fleetBytes } from './layout/fleet'
export { queueBytes, queueNodesBytes } from './layout/queue'
export { typeSlowdownBytes } from './layout/slowdown'
export { workBytes } from './layout/window'
export { optimalPlan } from './plan/plan'
export { rankWorkBytes, scanLattice, selectLattice } from './rank/rank'
export { replay, replayBytes } from './replay/replay'
