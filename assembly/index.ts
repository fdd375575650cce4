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
  fluidBounds,
  fluidRouting,
} from './fluid/bounds'
export { searchFluid } from './fluid/search'
export { advance, createSelection, finish, selectFluid } from './fluid/select'
export { fleetBytes } from './layout/fleet'
export { fluidBasisBytes } from './layout/fluid-basis'
export { selectFluidBytes } from './layout/fluid-search'
export { fluidWorkBytes } from './layout/fluid-work'
export { queueBytes, queueNodesBytes } from './layout/queue'
export { rankWorkBytes } from './layout/rank'
export { typeSlowdownBytes } from './layout/slowdown'
export { workBytes } from './layout/window'
export { optimalPlan } from './plan/plan'
export { scanLattice, selectLattice } from './rank/rank'
export { replay, replayBytes } from './replay/replay'
