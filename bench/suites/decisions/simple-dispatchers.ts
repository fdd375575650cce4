/** Two simple rules to compare with, for fleets that do not change: greedy, and join the shortest queue. */
import type { DispatcherSetup } from '../../../src/kernel/dispatch-contract.ts'
import type { FlowRule } from '../../../src/kernel/rules.ts'

/** What a run needs of a dispatcher. */
export interface RunDispatcher {
  readonly idle: number
  readonly pending: number
  readonly startedQuery: ArrayLike<number>
  readonly startedInstance: ArrayLike<number>
  arrive(query: number, bin: number, arrivalMs: number): void
  decide(nowMs: number): number
  complete(instance: number, nowMs: number): void
}

/** How many pending queries greedy considers. */
const CONSIDERED = 256

/**
 * Oldest query first, on the idle type where it costs least of those that serve it in time; on any once none does.
 *
 * @param rule has costs and guards for each type and bin
 */
export function greedyDispatcher(setup: DispatcherSetup, rule: FlowRule): RunDispatcher {
  const { types, bins, instanceType } = setup
  const { reducedCost, guardMs, qosMs } = rule
  const idle: number[][] = Array.from({ length: types }, () => [])
  instanceType.forEach((type, instance) => {
    idle[type].push(instance)
  })
  const present = idle.map(({ length }) => length > 0)
  const queue: { query: number; bin: number; arrivalMs: number }[] = []
  const startedQuery: number[] = []
  const startedInstance: number[] = []
  let idleCount = instanceType.length
  return {
    get idle() {
      return idleCount
    },
    get pending() {
      return queue.length
    },
    startedQuery,
    startedInstance,
    arrive(query, bin, arrivalMs) {
      queue.push({ query, bin, arrivalMs })
    },
    decide(nowMs) {
      startedQuery.length = 0
      startedInstance.length = 0
      for (let i = 0; i < Math.min(queue.length, CONSIDERED) && idleCount > 0; ) {
        const { query, bin, arrivalMs } = queue[i]
        let canBeInTime = false
        let best = -1
        let any = -1
        for (let t = 0; t < types; t++) {
          if (!present[t]) continue
          const cell = t * bins + bin
          const isInTime = arrivalMs + qosMs - guardMs[cell] >= nowMs
          canBeInTime ||= isInTime
          if (idle[t].length === 0) continue
          if (any < 0 || reducedCost[cell] < reducedCost[any * bins + bin]) any = t
          if (isInTime && (best < 0 || reducedCost[cell] < reducedCost[best * bins + bin])) best = t
        }
        if (!canBeInTime) best = any
        if (best < 0) {
          i++
          continue
        }
        queue.splice(i, 1)
        startedQuery.push(query)
        startedInstance.push(idle[best].pop()!)
        idleCount--
      }
      return startedQuery.length
    },
    complete(instance) {
      idle[instanceType[instance]].push(instance)
      idleCount++
    },
  }
}

/** A query joins, as it arrives, the instance with the fewest queries, the first of equal ones. */
export function shortestQueueDispatcher({ instanceType }: DispatcherSetup): RunDispatcher {
  const instances = instanceType.length
  const queues = Array.from({ length: instances }, fifo)
  const load = new Int32Array(instances)
  const busy = new Uint8Array(instances)
  const ready = new Set<number>()
  const startedQuery: number[] = []
  const startedInstance: number[] = []
  let pending = 0
  return {
    get idle() {
      return ready.size
    },
    get pending() {
      return pending
    },
    startedQuery,
    startedInstance,
    arrive(query, bin) {
      let shortest = 0
      for (let i = 1; i < instances && load[shortest] > 0; i++) if (load[i] < load[shortest]) shortest = i
      queues[shortest].push(query, bin)
      load[shortest]++
      pending++
      if (busy[shortest] === 0) ready.add(shortest)
    },
    decide() {
      startedQuery.length = 0
      startedInstance.length = 0
      for (const instance of ready) {
        startedQuery.push(queues[instance].shift()[0])
        startedInstance.push(instance)
        busy[instance] = 1
        pending--
      }
      ready.clear()
      return startedQuery.length
    },
    complete(instance) {
      busy[instance] = 0
      load[instance]--
      if (queues[instance].length > 0) ready.add(instance)
    },
  }
}

/** Queries with their bins, first in, first out. */
function fifo() {
  let items: [number, number][] = []
  let head = 0
  return {
    get length() {
      return items.length - head
    },
    push(query: number, bin: number) {
      items.push([query, bin])
    },
    shift(): [number, number] {
      const first = items[head++]
      if (head > 1024 && head * 2 > items.length) {
        items = items.slice(head)
        head = 0
      }
      return first
    },
  }
}
