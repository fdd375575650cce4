import { nextTurn } from '../kernel/next-turn.ts'
import type { PlanInput } from '../model/fleet/plan.ts'
import type { Counts } from '../model/fleet/space.ts'
import type { FleetRun } from '../model/results/plan.ts'
import { isShort } from './lattice.ts'

/** The state that a controller decides on. */
interface FleetState {
  readonly timeS: number
  /** The window that has just begun. */
  readonly window: number
  /** By type: instances that serve and stay, and instances that were started and do not serve yet. */
  readonly serving: Counts
  readonly starting: Counts
  /** The rate at this moment, queries per second. */
  readonly rateQps: number
}

/** Decides the wanted counts; called every `periodS` seconds, from 0 on. */
export interface Controller {
  readonly periodS: number
  decide(state: FleetState): Counts
}

/** Instances of one type that were started together. */
interface Start {
  readonly type: number
  readonly readyS: number
  count: number
}

/** The instances by type, and what they have cost so far. */
interface Fleet {
  readonly types: PlanInput['types']
  /** Instances that serve and stay. */
  readonly serving: number[]
  /** Serving instances that stop once nothing is starting. */
  readonly leaving: number[]
  starting: Start[]
  cost: number
  starts: number
}

/** Events that are less apart are at the same time, s: times are rounded sums. */
const SAME_TIME_S = 1e-9

/** Timers and signals are handled between parts of a simulation of about so many ms. */
const PART_MS = 20

/**
 * Runs a fleet under a controller over the rates of the windows. An instance costs from its start on and serves after
 * its start delay. Instances that are no longer wanted are kept until no instance is starting, then they stop: a change
 * of types does not leave a gap. In a cycle the fleet ends with its first counts, and pays for their starts.
 *
 * @param capacityOf queries per second of serving counts
 * @throws the reason of `signal` where it aborts
 */
export async function simulateFleet(
  input: PlanInput,
  capacityOf: (counts: Counts) => number,
  { periodS, decide }: Controller,
  signal?: AbortSignal,
): Promise<Omit<FleetRun, 'name'>> {
  const { types, windowS, rateQps } = input
  const serving = types.map((_, t) => input.initial?.[t] ?? 0)
  const fleet: Fleet = { types, serving, leaving: types.map(() => 0), starting: [], cost: 0, starts: 0 }
  const endS = rateQps.length * windowS
  let nowS = 0
  let shortS = 0
  let decisions = 0
  let nextPartMs = 0
  while (nowS < endS - SAME_TIME_S) {
    if (performance.now() >= nextPartMs) {
      await nextTurn(signal)
      nextPartMs = performance.now() + PART_MS
    }
    const window = Math.min(rateQps.length - 1, Math.floor(nowS / windowS + SAME_TIME_S))
    const rate = rateQps[window]
    if (nowS >= decisions * periodS - SAME_TIME_S) {
      const starting = startingByType(fleet)
      const wanted = decide({ timeS: nowS, window, serving: serving.slice(), starting, rateQps: rate })
      setWanted(fleet, wanted, nowS)
      decisions++
    }
    const readyS = fleet.starting.map((start) => start.readyS)
    const nextS = Math.min((window + 1) * windowS, decisions * periodS, ...readyS)
    pay(fleet, nextS - nowS)
    if (isShort(capacityOf(presentIn(fleet)), rate)) shortS += nextS - nowS
    nowS = nextS
    serveStarted(fleet, nowS)
  }
  if (input.cyclic) startForNextCycle(fleet, input.initial ?? types.map(() => 0), nowS)
  return { cost: fleet.cost, starts: fleet.starts, shortShare: shortS / endS }
}

/** By type: instances that do not serve yet. */
function startingByType({ types, starting }: Fleet): number[] {
  const counts = types.map(() => 0)
  for (const { type, count } of starting) counts[type] += count
  return counts
}

/**
 * By type: instances that serve. A type has either instances that leave or instances that start, so these are never
 * more than its largest count.
 */
function presentIn({ serving, leaving }: Fleet): number[] {
  return serving.map((count, t) => count + leaving[t])
}

function pay(fleet: Fleet, spanS: number): void {
  const starting = startingByType(fleet)
  fleet.types.forEach(({ pricePerHour }, t) => {
    const count = fleet.serving[t] + fleet.leaving[t] + starting[t]
    fleet.cost += (pricePerHour * count * spanS) / 3600
  })
}

/** Starts what the next cycle begins with, and pays for the time until it serves. */
function startForNextCycle(fleet: Fleet, first: Counts, nowS: number): void {
  setWanted(fleet, first, nowS)
  for (const { type, readyS, count } of fleet.starting) {
    fleet.cost += (fleet.types[type].pricePerHour * count * (readyS - nowS)) / 3600
  }
}

/** Instances whose start delay has passed serve from now on. */
function serveStarted(fleet: Fleet, nowS: number): void {
  const isReady = ({ readyS }: Start) => readyS <= nowS + SAME_TIME_S
  for (const { type, count } of fleet.starting.filter(isReady)) fleet.serving[type] += count
  keepStarting(fleet, (start) => !isReady(start))
}

/** Starts and gives up instances until those that stay are the wanted ones. */
function setWanted(fleet: Fleet, wanted: Counts, nowS: number): void {
  const { types, serving, leaving } = fleet
  const starting = startingByType(fleet)
  types.forEach(({ startFee, startDelayS }, t) => {
    // an instance that was about to stop stays instead, if it is wanted
    serving[t] += leaving[t]
    leaving[t] = 0
    let more = wanted[t] - serving[t] - starting[t]
    if (more > 0) {
      fleet.starts += more
      fleet.cost += more * startFee
      fleet.starting.push({ type: t, readyS: nowS + startDelayS, count: more })
    }
    if (more < 0) {
      // instances that do not serve yet are given up first, in reverse order of their starts
      for (const start of fleet.starting.filter(({ type }) => type === t).reverse()) {
        const given = Math.min(start.count, -more)
        start.count -= given
        more += given
      }
      serving[t] += more
      leaving[t] -= more
    }
  })
  keepStarting(fleet, ({ count }) => count > 0)
}

/** Forgets other starts. Once nothing is starting, the instances that leave stop. */
function keepStarting(fleet: Fleet, isKept: (start: Start) => boolean): void {
  fleet.starting = fleet.starting.filter(isKept)
  if (fleet.starting.length === 0) fleet.leaving.fill(0)
}
