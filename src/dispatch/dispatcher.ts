import type { KernelName } from '../kernel/contract.ts'
import type { Learning } from '../kernel/dispatch-contract.ts'
import { loadKernel } from '../kernel/load.ts'
import { checkChoice, checkGiven } from '../model/checks.ts'
import { KairosError } from '../model/errors.ts'
import type { Counts } from '../model/space.ts'
import type { Workload } from '../model/workload.ts'
import { policyOf } from './policies.ts'
import type { Policy } from './policy.ts'
import { preparePolicy } from './setup.ts'

/** What a dispatcher is made of. */
export interface DispatcherOptions {
  readonly workload: Workload
  /** The instance types that there are, or may come to be: names of the latency table. */
  readonly types: readonly string[]
  /** How many of each are there from the start, numbered type by type; absent: none. */
  readonly counts?: Counts
  /** A policy or its name; `priced` if absent. */
  readonly policy?: Policy | string
  /**
   * What is learned of how long queries really take; `types` if absent.
   *
   * - `types`: `priced` learns how much slower than its table each type is, over some 500 queries.
   * - `instances`, for live fleets: every policy learns how much slower each instance is, over some 12 queries.
   *   An estimate that is not observed returns to the table within two seconds.
   * - `nothing`
   */
  readonly learns?: Learning
  readonly kernel?: KernelName
}

/** A pending query that starts now. */
export interface Start {
  readonly query: number
  readonly instance: number
}

/**
 * Pending queries and instances in, decisions out. It has no clock of its own: times are what it is told, in
 * ms from any origin, never decreasing from call to call. Queries have numbers that the caller chooses, of 32
 * bits; instances are numbered by the dispatcher. Every misuse throws KairosError BAD_USAGE and changes
 * nothing.
 */
export interface Dispatcher {
  readonly policy: string
  /** Instances that are there, those of them that serve no query, and queries that wait. */
  readonly instances: number
  readonly idle: number
  readonly pending: number
  /**
   * A query waits from now on.
   *
   * @param bin the position of its batch size among the bins of the latency table (`binOf`)
   * @param arrivalMs when it arrived, which may be earlier than other calls told: a query that is tried
   *   again keeps its place
   */
  arrive(query: number, bin: number, arrivalMs: number): void
  /** Gives a pending query up; false if it does not wait. Its number may be used again. */
  cancel(query: number): boolean
  /** Starts queries on idle instances as the policy says. */
  decide(nowMs: number): readonly Start[]
  /**
   * An instance has completed its query; returns for how long it was busy, ms.
   *
   * @param served false if it has failed: nothing is learned from that
   */
  complete(instance: number, nowMs: number, served?: boolean): number
  /** One instance more, idle; returns its number, the smallest that is free. */
  join(type: string): number
  /** An instance is gone. The query that it may have served is the caller's: it can arrive again. */
  leave(instance: number): void
  /**
   * Tells how many times as long as the latency table says an instance takes for every query, from the next decision
   * on. It is 1 when an instance joins. Where slowdowns of instances are learned, it is what the estimate starts from:
   * later queries replace it, and silence returns it to the table.
   */
  setSlowdown(instance: number, slowdown: number, nowMs: number): void
  /** The slowdown of an instance at a time, as it was set and learned. */
  slowdownOf(instance: number, nowMs: number): number
  /** Whether an instance is there, and whether it serves a query. */
  stateOf(instance: number): 'gone' | 'idle' | 'busy'
}

const NOTHING: readonly Start[] = []

const LEARNINGS: readonly Learning[] = ['types', 'instances', 'nothing']

/**
 * A dispatcher: the one that a replay runs in virtual time, for a live fleet.
 *
 * @throws KairosError BAD_MODEL for types and counts that do not fit the workload, BAD_USAGE for a policy
 *   that does not exist
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  checkGiven(options)
  const { workload, types, learns = 'types' } = options
  checkChoice('learns', learns, LEARNINGS)
  const policy = policyOf(options.policy)
  const counts = Array.from(options.counts ?? types?.map(() => 0) ?? [])
  const { ruleFor, setup } = preparePolicy(workload, types, counts, policy, 0)
  const typeOf = Array.from(setup.instanceType)
  const state = loadKernel(options.kernel).createDispatcher({ ...setup, learns })
  let clockMs = -Infinity

  const tell = (field: string, timeMs: number) => {
    if (!Number.isFinite(timeMs)) refuse(field, `is ${timeMs}`, 'a time in ms is expected')
    if (timeMs < clockMs) refuse(field, `is ${timeMs}, before ${clockMs}`, 'time must not run backwards')
    clockMs = timeMs
  }
  const expect = (instance: number, states: readonly string[]) => {
    const is = isNumber(instance) ? state.stateOf(instance) : 'gone'
    if (!states.includes(is)) refuse('instance', `${instance} is ${is}`, `${states.join(' or ')} is expected`)
  }
  // most policies go by which types are in use, not by how many there are of each
  const recount = (type: number, change: number) => {
    const before = counts[type]
    counts[type] += change
    if (policy.byCounts || before === 0 || counts[type] === 0) {
      state.retune(ruleFor(counts))
    }
  }

  return {
    policy: policy.name,
    get instances() {
      return state.instances
    },
    get idle() {
      return state.idle
    },
    get pending() {
      return state.pending
    },
    arrive(query, bin, arrivalMs) {
      if ((query | 0) !== query) refuse('query', `is ${query}`, 'a whole number of 32 bits is expected')
      if (!isNumber(bin) || bin >= setup.bins)
        refuse('bin', `is ${bin}`, `0 to ${setup.bins - 1} are expected`)
      if (!Number.isFinite(arrivalMs)) refuse('arrivalMs', `is ${arrivalMs}`, 'a time in ms is expected')
      state.arrive(query, bin, arrivalMs)
    },
    cancel: (query) => state.cancel(query),
    decide(nowMs) {
      tell('nowMs', nowMs)
      if (state.pending === 0 || state.idle === 0) return NOTHING
      const started = state.decide(nowMs)
      if (started === 0) return NOTHING
      const { startedQuery, startedInstance } = state
      return Array.from({ length: started }, (_, i) => ({
        query: startedQuery[i],
        instance: startedInstance[i],
      }))
    },
    complete(instance, nowMs, served = true) {
      expect(instance, ['busy'])
      tell('nowMs', nowMs)
      return state.complete(instance, nowMs, served)
    },
    join(type) {
      const t = types.indexOf(type)
      if (t < 0) refuse('type', `"${type}" is not known`, `it is one of ${types.join(', ')}`)
      const instance = state.join(t)
      typeOf[instance] = t
      recount(t, 1)
      return instance
    },
    leave(instance) {
      expect(instance, ['idle', 'busy'])
      state.leave(instance)
      recount(typeOf[instance], -1)
    },
    setSlowdown(instance, slowdown, nowMs) {
      expect(instance, ['idle', 'busy'])
      if (!(slowdown > 0 && slowdown < Infinity))
        refuse('slowdown', `is ${slowdown}`, 'a number > 0 is expected')
      tell('nowMs', nowMs)
      state.setSlowdown(instance, slowdown, nowMs)
    },
    slowdownOf(instance, nowMs) {
      expect(instance, ['idle', 'busy'])
      tell('nowMs', nowMs)
      return state.slowdownOf(instance, nowMs)
    },
    stateOf: (instance) => (isNumber(instance) ? state.stateOf(instance) : 'gone'),
  }
}

function isNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31
}

function refuse(field: string, problem: string, cure: string): never {
  throw new KairosError('BAD_USAGE', problem, { field }, cure)
}
