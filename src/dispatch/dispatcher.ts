import type { KernelName } from '../kernel/contract.ts'
import type { KernelDispatcher, Learning } from '../kernel/dispatch-contract.ts'
import { loadKernel } from '../kernel/load.ts'
import { checkChoice, checkGiven, type OptionNames, valueText } from '../model/checks.ts'
import { refuseUsage as refuse } from '../model/errors.ts'
import type { Counts } from '../model/fleet/space.ts'
import type { Workload } from '../model/workload/workload.ts'
import { checkAging, checkBin, checkQuery, checkSlowdown, checkTime, isInstanceNumber } from './check-call.ts'
import { policyOf } from './policies.ts'
import type { Policy } from './policy.ts'
import { createRetuning } from './retuning.ts'
import { preparePolicy } from './setup.ts'

/** What a dispatcher is made of. */
export interface DispatcherOptions {
  readonly workload: Workload
  /** The instance types of the fleet, now or later: names of the latency table. */
  readonly types: readonly string[]
  /** The counts at the start; instances are numbered type by type. Absent: no instance. */
  readonly counts?: Counts | undefined
  /** A policy or its name; `priced` if absent. */
  readonly policy?: Policy | string | undefined
  /**
   * What the dispatcher learns from the times that queries take; `types` if absent:
   *
   * - `types`: `priced` learns how much slower than its table each type is, over some 500 queries.
   * - `instances`, for live fleets: every policy learns how much slower each instance is, over some 12 queries.
   *   Without observations an estimate returns within two seconds to the median of its type, and that to the table.
   * - `nothing`
   */
  readonly learns?: Learning | undefined
  readonly kernel?: KernelName | undefined
}

const OPTIONS: OptionNames<DispatcherOptions> = {
  workload: true,
  types: true,
  counts: true,
  policy: true,
  learns: true,
  kernel: true,
}

/**
 * A pending query that starts now. Queries that start together on an instance are one batch: the instance is busy until
 * the batch is complete (`batchesOf`).
 */
export interface Start {
  readonly query: number
  readonly instance: number
}

/**
 * Takes queries and instances, and decides which query starts where. It has no clock: the caller passes times, in ms
 * from any origin, which never decrease from call to call. The caller chooses the numbers of queries, of 32 bits; the
 * dispatcher numbers the instances. Misuse throws KairosError BAD_USAGE and changes nothing.
 */
export interface Dispatcher {
  readonly policy: string
  /** Instances, idle instances, and pending queries. */
  readonly instances: number
  readonly idle: number
  readonly pending: number
  /**
   * Adds a pending query. Whether its number is pending already is not checked, which would take time: then both start,
   * and `cancel` removes the one that arrived first.
   *
   * @param bin the position of its batch size among the bins of the latency table: of the first bin that is not smaller
   * @param arrivalMs when it arrived. It may be earlier than the times of previous calls: a query that is tried again
   *   keeps its place
   */
  arrive(query: number, bin: number, arrivalMs: number): void
  /** Removes a pending query; false if it is not pending. Its number may be used again. */
  cancel(query: number): boolean
  /** Starts queries on idle instances by the policy; several on one instance where the workload has `batching`. */
  decide(nowMs: number): readonly Start[]
  /**
   * Makes an instance idle that has completed its query, or all queries of its batch; returns how long it was busy, ms.
   *
   * @param served false if it has failed: nothing is learned from that
   */
  complete(instance: number, nowMs: number, served?: boolean): number
  /**
   * Makes an idle instance busy without a query, because other work occupies it. Decisions expect it to be idle again
   * at `untilMs`, or at any moment once that has passed; `complete` with `served` false makes it idle.
   */
  hold(instance: number, nowMs: number, untilMs: number): void
  /** Adds an idle instance; returns its number, the smallest that is free. */
  join(type: string): number
  /** Removes an instance. The query that it was serving is left to the caller, who may let it arrive again. */
  leave(instance: number): void
  /**
   * Sets how many times as long as its latency table an instance takes, from the next decision on. It is 1 when an
   * instance joins. If slowdowns of instances are learned, the estimate starts from this value: later queries replace
   * it, and without queries it returns to the median of its type.
   */
  setSlowdown(instance: number, slowdown: number, nowMs: number): void
  /** The slowdown of an instance at a time, as it was set and learned. */
  slowdownOf(instance: number, nowMs: number): number
  /**
   * Sets how fast estimates of instances age without observations: 1, at the start, is as `learns` says, 0.1 a tenth of
   * that.
   */
  setAging(aging: number): void
  /** Whether an instance is there, and whether it serves a query. */
  stateOf(instance: number): 'gone' | 'idle' | 'busy'
}

const NOTHING: readonly Start[] = []

const LEARNINGS: readonly Learning[] = ['types', 'instances', 'nothing']

/**
 * Creates a dispatcher. It is the one that a replay runs in virtual time.
 *
 * @throws KairosError BAD_MODEL for types and counts that do not fit the workload, BAD_USAGE for a policy
 *   that does not exist
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  checkGiven(options, OPTIONS)
  const { workload, types, learns = 'types' } = options
  checkChoice('learns', learns, LEARNINGS)
  const policy = policyOf(options.policy)
  const given = options.counts === undefined && Array.isArray(types) ? types.map(() => 0) : options.counts
  const { ruleFor, setup } = preparePolicy(workload, types, given as Counts, policy, 0)
  const retuning = createRetuning(policy, ruleFor, given as Counts)
  const typeOf = Array.from(setup.instanceType)
  const state = loadKernel(options.kernel).createDispatcher({ ...setup, learns })
  let clockMs = -Infinity

  const setClock = (nowMs: number) => {
    checkTime('nowMs', nowMs)
    if (nowMs < clockMs) refuse('nowMs', `is ${nowMs}, before ${clockMs}`, 'time must not run backwards')
    clockMs = nowMs
  }
  const stateOf = (instance: number) => (isInstanceNumber(instance) ? state.stateOf(instance) : 'gone')
  const expect = (instance: number, states: readonly string[]) => {
    const is = stateOf(instance)
    if (!states.includes(is))
      refuse('instance', `${valueText(instance)} is ${is}`, `${states.join(' or ')} is expected`)
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
      checkQuery(query)
      checkBin(bin, setup.bins)
      checkTime('arrivalMs', arrivalMs)
      state.arrive(query, bin, arrivalMs)
    },
    cancel(query) {
      checkQuery(query)
      return state.cancel(query)
    },
    decide(nowMs) {
      setClock(nowMs)
      if (state.pending === 0 || state.idle === 0) return NOTHING
      const rule = retuning.dueRule(nowMs)
      if (rule) state.retune(rule)
      return startsOf(state, state.decide(nowMs))
    },
    complete(instance, nowMs, served = true) {
      expect(instance, ['busy'])
      setClock(nowMs)
      return state.complete(instance, nowMs, served)
    },
    hold(instance, nowMs, untilMs) {
      expect(instance, ['idle'])
      checkTime('untilMs', untilMs)
      setClock(nowMs)
      state.hold(instance, nowMs, untilMs)
    },
    join(type) {
      const t = types.indexOf(type)
      if (t < 0) refuse('type', `${valueText(type)} is not known`, `it is one of ${types.join(', ')}`)
      const instance = state.join(t)
      typeOf[instance] = t
      retuning.recount(t, 1)
      return instance
    },
    leave(instance) {
      expect(instance, ['idle', 'busy'])
      state.leave(instance)
      retuning.recount(typeOf[instance], -1)
    },
    setSlowdown(instance, slowdown, nowMs) {
      expect(instance, ['idle', 'busy'])
      checkSlowdown(slowdown)
      setClock(nowMs)
      state.setSlowdown(instance, slowdown, nowMs)
    },
    slowdownOf(instance, nowMs) {
      expect(instance, ['idle', 'busy'])
      setClock(nowMs)
      return state.slowdownOf(instance, nowMs)
    },
    setAging(aging) {
      checkAging(aging)
      state.setAging(aging)
    },
    stateOf,
  }
}

function startsOf({ startedQuery, startedInstance }: KernelDispatcher, started: number): readonly Start[] {
  if (started === 0) return NOTHING
  const starts: Start[] = []
  for (let i = 0; i < started; i++) starts.push({ query: startedQuery[i], instance: startedInstance[i] })
  return starts
}
