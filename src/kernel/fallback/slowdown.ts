/**
 * Slowdowns: how many times as long as its latency table an instance takes. They are learned from served queries: by
 * type, by instance, or not at all.
 */
import type { DispatcherSetup } from '../dispatch-contract.ts'
import type { Instance, TypeSlowdowns } from './scene.ts'

/** The learned slowdowns of a dispatcher. It keeps `slowdown` of the instances up to date. */
interface Slowdowns {
  readonly types: TypeSlowdowns
  /** Learns from a query: it took `tookMs`; its bin has this mean, and this mean of its quantiles. */
  learn(instance: Instance, tookMs: number, meanMs: number, typicalMs: number, nowMs: number): void
  /** Brings the estimates up to a time. */
  refresh(fleet: readonly Instance[], nowMs: number): void
  /** Sets what a millisecond of silence counts, 0 to 1. */
  setAging(aging: number): void
  set(instance: Instance, slowdown: number, nowMs: number): void
}

export function createSlowdowns(setup: DispatcherSetup): Slowdowns {
  const { learns = 'types', rule } = setup
  if (learns === 'instances') return learningInstances(setup)
  if (learns === 'types' && 'typicalMs' in rule) return learningTypes(setup)
  return learningNothing(setup)
}

function learningNothing({ types }: DispatcherSetup): Slowdowns {
  const ofMeans = new Float64Array(types).fill(1)
  return {
    types: { ofMeans, ofQuantiles: ofMeans.slice() },
    learn() {},
    refresh() {},
    setAging() {},
    set(instance, slowdown) {
      instance.slowdown = slowdown
    },
  }
}

/** By type: the share of a sum that is kept at each query; about the last 500 queries count. */
const KEEP_OF_TYPE = 0.998046875

/** Prior weight of the table, in queries of the largest bin. */
const TABLE_TRUST = 2

/**
 * Ratios of sums with exponential forgetting: a long query counts for more than the constant overhead of a call. The
 * two slowdowns differ where only the means of a table are wrong. What an instance takes more than its type is not
 * counted against the type.
 */
function learningTypes(setup: DispatcherSetup): Slowdowns {
  const { types, bins, meanMs } = setup
  const fixed = learningNothing(setup)
  const { ofMeans, ofQuantiles } = fixed.types
  const tookSum = Float64Array.from({ length: types }, (_, t) => TABLE_TRUST * meanMs[(t + 1) * bins - 1])
  const meanSum = tookSum.slice()
  const typicalSum = tookSum.slice()
  return {
    ...fixed,
    learn({ type, slowdown }, tookMs, meanMs, typicalMs) {
      tookSum[type] = KEEP_OF_TYPE * tookSum[type] + tookMs
      meanSum[type] = KEEP_OF_TYPE * meanSum[type] + meanMs * slowdown
      typicalSum[type] = KEEP_OF_TYPE * typicalSum[type] + typicalMs * slowdown
      ofMeans[type] = tookSum[type] / meanSum[type]
      ofQuantiles[type] = tookSum[type] / typicalSum[type]
    },
  }
}

/** By instance: the share of a sum that is kept at each query; about the last 12 queries count. */
const KEEP = 0.92

/** Prior weight of the level of the type, in queries, and the share of it that is kept at each query. */
const TRUST = 3
const KEEP_TRUST = KEEP * KEEP

/** An instance counts for its type from so many queries on, of which older ones count less: three in a row are 2.77. */
const FEW = 2.5

/** An estimate is forgotten gradually during FORGET_MS, from FORGET_AFTER_MS of silence on. */
const FORGET_AFTER_MS = 500
const FORGET_MS = 1500

/** After this many queries in a row that took less than this share of the estimate, earlier ones are forgotten. */
const RECOVERED_AFTER = 3
const RECOVERED = 0.6

/** Estimates are brought up to date this often. */
const REFRESH_MS = 100

/** The estimate of an instance. */
interface Estimate {
  /** Decayed sums of what its queries took, and of what the table says they take, ms. */
  tookMs: number
  tableMs: number
  /** How many queries the sums stand for. */
  queries: number
  /** The level that it starts from; 0 for that of its type. */
  start: number
  /** What is left of the weight of that level, of 1; 0 where nothing is known. */
  trust: number
  /** When it was last observed, or set. */
  lastMs: number
  /** The last queries in a row that took far less than estimated: the same sums, without decay. */
  faster: { tookMs: number; tableMs: number; queries: number }
}

/**
 * Sums as by type, with a short memory. The prior is the usual slowdown of the type: the median of its instances, so
 * that a faulty instance does not count. An estimate without observations returns to the usual slowdown, and that to
 * the table. Otherwise an estimate that keeps queries away from an instance would never be corrected.
 */
function learningInstances(setup: DispatcherSetup): Slowdowns {
  const fixed = learningNothing(setup)
  const usual = new Float64Array(setup.types).fill(1)
  const estimates = new WeakMap<Instance, Estimate>()
  let refreshAtMs = -Infinity
  let refreshedMs = -Infinity
  let aging = 1
  const estimateOf = (instance: Instance) => estimates.get(instance) ?? unknown()
  const update = (instance: Instance, nowMs: number) => {
    instance.slowdown = slowdownBy(estimateOf(instance), usual[instance.type], nowMs)
  }
  return {
    ...fixed,
    learn(instance, tookMs, meanMs, _typicalMs, nowMs) {
      const estimate = estimateOf(instance)
      observe(estimate, tookMs, meanMs, nowMs)
      estimates.set(instance, estimate)
      update(instance, nowMs)
    },
    refresh(fleet, nowMs) {
      if (nowMs < refreshAtMs) return
      for (const instance of aging < 1 ? fleet : []) {
        const estimate = estimates.get(instance)
        // the last observation moves to a later time where silence counts for less
        const laterMs = (1 - aging) * (nowMs - refreshedMs)
        if (estimate) estimate.lastMs = Math.min(nowMs, estimate.lastMs + laterMs)
      }
      refreshAtMs = nowMs + REFRESH_MS
      refreshedMs = nowMs
      usual.forEach((_, type) => {
        const alike = fleet.filter((instance) => instance.type === type)
        usual[type] = usualSlowdown(alike.map(estimateOf), nowMs)
      })
      for (const instance of fleet) update(instance, nowMs)
    },
    setAging(next) {
      aging = next
    },
    set(instance, slowdown, nowMs) {
      estimates.set(instance, { ...unknown(), start: slowdown, trust: 1, lastMs: nowMs })
      instance.slowdown = slowdown
    },
  }
}

function unknown(): Estimate {
  return { tookMs: 0, tableMs: 0, queries: 0, start: 0, trust: 0, lastMs: 0, faster: none() }
}

function none(): Estimate['faster'] {
  return { tookMs: 0, tableMs: 0, queries: 0 }
}

/** Adds a query to an estimate: it took `tookMs` where the table says `tableMs`. */
function observe(estimate: Estimate, tookMs: number, tableMs: number, nowMs: number): void {
  const { faster } = estimate
  if (tookMs * estimate.tableMs < RECOVERED * tableMs * estimate.tookMs) {
    faster.tookMs += tookMs
    faster.tableMs += tableMs
    faster.queries++
  } else {
    estimate.faster = none()
  }
  if (estimate.faster.queries === RECOVERED_AFTER) {
    Object.assign(estimate, faster, { start: 0, trust: KEEP_TRUST * KEEP_TRUST * KEEP_TRUST, faster: none() })
  } else {
    const fresh = freshness(estimate, nowMs)
    const keep = KEEP * fresh
    if (fresh === 0) estimate.start = 0
    estimate.tookMs = keep * estimate.tookMs + tookMs
    estimate.tableMs = keep * estimate.tableMs + tableMs
    estimate.queries = keep * estimate.queries + 1
    // silence adds to the weight of the level of the type, not to that of a level that was set
    const silent = estimate.start > 0 ? 0 : 1 - fresh
    estimate.trust = KEEP_TRUST * (fresh * estimate.trust + silent)
  }
  estimate.lastMs = nowMs
}

/** The share of an estimate that still counts after a time without queries, 0 to 1; 0 if never observed or set. */
function freshness({ trust, lastMs }: Estimate, nowMs: number): number {
  if (trust === 0) return 0
  const silenceMs = nowMs - lastMs - FORGET_AFTER_MS
  return silenceMs <= 0 ? 1 : Math.max(0, 1 - silenceMs / FORGET_MS)
}

/** The slowdown of an instance, of a type with the given usual one. Its speed, 1 / slowdown, returns linearly. */
function slowdownBy(estimate: Estimate, usual: number, nowMs: number): number {
  const { tookMs, tableMs, queries, start, trust } = estimate
  const fresh = freshness(estimate, nowMs)
  if (fresh === 0) return usual
  let level = start > 0 ? start : usual
  if (queries > 0) {
    const weight = TRUST * trust * (tableMs / queries)
    level = (tookMs + weight * level) / (tableMs + weight)
  }
  return fresh === 1 ? level : 1 / (fresh / level + (1 - fresh) / usual)
}

/** The median of the instances that have served some queries lately; 1 if there are none. */
function usualSlowdown(estimates: readonly Estimate[], nowMs: number): number {
  const sorted = estimates
    .filter((estimate) => freshness(estimate, nowMs) > 0 && estimate.queries >= FEW)
    .map((estimate) => {
      const fresh = freshness(estimate, nowMs)
      return 1 / ((fresh * estimate.tableMs) / estimate.tookMs + (1 - fresh))
    })
    .sort((a, b) => a - b)
  if (sorted.length === 0) return 1
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
