import type { DispatcherSetup, KernelDispatcher } from '../dispatch-contract.ts'
import { createArena } from './arena.ts'
import { createDispatcherMemory } from './dispatcher-memory.ts'
import type { DispatcherExports } from './place-dispatcher.ts'

const STATES = ['gone', 'idle', 'busy'] as const

/** A dispatcher that has the memory of an instance of the module for itself. */
export function createDispatcher(
  kernel: DispatcherExports & { memory: WebAssembly.Memory },
  setup: DispatcherSetup,
): KernelDispatcher {
  const memory = createDispatcherMemory(kernel, createArena(kernel.memory), setup)
  const { dispatcherPtr, field } = memory
  return {
    get instances() {
      return field('instances')
    },
    get idle() {
      return field('idle')
    },
    get pending() {
      return field('pending')
    },
    get startedQuery() {
      return memory.startedQuery
    },
    get startedInstance() {
      return memory.startedInstance
    },
    arrive(query, bin, arrivalMs) {
      memory.growQueue()
      kernel.arrive(dispatcherPtr, query, bin, arrivalMs)
    },
    cancel: (query) => kernel.cancel(dispatcherPtr, query) === 1,
    decide(nowMs) {
      memory.growWork()
      return kernel.decide(dispatcherPtr, nowMs)
    },
    complete: (instance, nowMs, served = true) =>
      kernel.complete(dispatcherPtr, instance, nowMs, served ? 1 : 0),
    hold: (instance, nowMs, untilMs) => kernel.hold(dispatcherPtr, instance, nowMs, untilMs),
    join(type) {
      memory.growFleet()
      return kernel.join(dispatcherPtr, type)
    },
    leave: (instance) => kernel.leave(dispatcherPtr, instance),
    retune: memory.retune,
    setSlowdown: (instance, slowdown, nowMs) => kernel.setSlowdown(dispatcherPtr, instance, slowdown, nowMs),
    slowdownOf: (instance, nowMs) => kernel.slowdownOf(dispatcherPtr, instance, nowMs),
    setAging: (aging) => kernel.setAging(dispatcherPtr, aging),
    stateOf: (instance) => STATES[kernel.stateOf(dispatcherPtr, instance)],
  }
}
