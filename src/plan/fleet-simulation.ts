import { nextTurn } from '../kernel/next-turn.ts'
import type { PlanInput } from '../model/fleet/plan.ts'
import type { Counts } from '../model/fleet/space.ts'
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

export interface SimulatedFleet {
  /** Dollars, from the start of an instance to its stop, with fees. */
  readonly cost: number
  readonly starts: number
  /** The share of time in which the serving instances could not serve the rate, 0 to 1. */
  readonly shortShare: number
}

/** Instances of one type that were started together. */
interface Start {
  readonly type: number
  readonly readyS: number
  count: number
}

/** Events that are less apart are at the same time, s: times are rounded sums. */
const SAME_TIME_S = 1e-9

/** Timers and signals are handled between parts of a simulation of about so many ms. */
const PART_MS = 20

/**
 * Runs a fleet under a controller over the rates of the windows. An instance costs from its start on and serves after
 * its start delay. Instances that are no longer wanted are kept until no instance is starting, then they stop: a change of
 * types does not leave a gap.
 *
 * @param capacityOf queries per second of serving counts
 * @throws the reason of `signal` where it aborts
 */
export async function simulateFleet(
  input: PlanInput,
  capacityOf: (counts: Counts) => number,
  controller: Controller,
  signal?: AbortSignal,
): Promise<SimulatedFleet> {
  const { types, windowS, rateQps } = input
  const serving = types.map((_, t) => input.initial?.[t] ?? 0)
  /** Serving instances that stop once nothing is starting. */
  const leaving = types.map(() => 0)
  let starting: Start[] = []
  let shortS = 0
  let cost = 0
  let starts = 0
  let nowS = 0
  let nextDecision = 0
  const endS = rateQps.length * windowS
  let nextPartMs = 0
  while (nowS < endS - SAME_TIME_S) {
    if (performance.now() >= nextPartMs) {
      await nextTurn(signal)
      nextPartMs = performance.now() + PART_MS
    }
    const window = Math.min(rateQps.length - 1, Math.floor(nowS / windowS + SAME_TIME_S))
    if (nowS >= nextDecision * controller.periodS - SAME_TIME_S) {
      decide(window)
      nextDecision++
    }
    const nextS = Math.min(
      (window + 1) * windowS,
      nextDecision * controller.periodS,
      ...starting.map(({ readyS }) => readyS),
    )
    const spanS = nextS - nowS
    pay(spanS)
    const present = serving.map((count, t) => Math.min(types[t].max, count + leaving[t]))
    if (isShort(capacityOf(present), rateQps[window])) shortS += spanS
    nowS = nextS
    serveStarted()
  }
  return { cost, starts, shortShare: shortS / endS }

  /** By type: instances that do not serve yet. */
  function pendingByType(): number[] {
    const pending = types.map(() => 0)
    for (const { type, count } of starting) pending[type] += count
    return pending
  }

  function pay(spanS: number): void {
    const pending = pendingByType()
    types.forEach(({ pricePerHour }, t) => {
      cost += (pricePerHour * (serving[t] + leaving[t] + pending[t]) * spanS) / 3600
    })
  }

  /** Instances whose start delay has passed serve from now on. */
  function serveStarted(): void {
    for (const { type, readyS, count } of starting) if (readyS <= nowS + SAME_TIME_S) serving[type] += count
    starting = starting.filter(({ readyS }) => readyS > nowS + SAME_TIME_S)
    if (starting.length === 0) leaving.fill(0)
  }

  function decide(window: number): void {
    const pending = pendingByType()
    const wanted = controller.decide({
      timeS: nowS,
      window,
      serving: serving.slice(),
      starting: pending,
      rateQps: rateQps[window],
    })
    types.forEach((type, t) => {
      let more = wanted[t] - serving[t] - pending[t]
      if (more > 0) {
        // an instance that was about to stop stays instead
        const kept = Math.min(more, leaving[t])
        leaving[t] -= kept
        serving[t] += kept
        more -= kept
      }
      if (more > 0) {
        starts += more
        cost += more * type.startFee
        if (type.startDelayS > 0) starting.push({ type: t, readyS: nowS + type.startDelayS, count: more })
        else serving[t] += more
      }
      if (more < 0) {
        // instances that do not serve yet are given up first, in reverse order of their starts
        for (const start of starting.filter(({ type: own }) => own === t).reverse()) {
          const given = Math.min(start.count, -more)
          start.count -= given
          more += given
        }
        serving[t] += more
        leaving[t] -= more
      }
    })
    starting = starting.filter(({ count }) => count > 0)
    if (starting.length === 0) leaving.fill(0)
  }
}
