import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import { counted } from '../../model/counted.ts'
import { refuseUsage } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet/fleet.ts'
import {
  mostPlanned,
  type PlannedFleet,
  plannedFleets,
  plannedServers,
} from '../../model/fleet/fleet-schedule.ts'
import type { FleetSchedule } from '../../model/fleet/plan.ts'
import { realClock } from '../../serve/clock.ts'
import { followPlan } from '../../serve/follow-plan.ts'
import type { Router } from '../../serve/router/router.ts'

export interface PlanFlags {
  readonly planFrom: 'begin' | 'clock'
  readonly planSpeed: number
}

/** Monday, 5 January 1970, at midnight UTC, in seconds of the clock: where a plan does not say when it begins. */
const FIRST_MONDAY_S = 4 * 86_400

/** What follows a plan. */
interface OnPlan {
  onChange(servers: FleetServer[]): void
  /** Receives what `onChange` throws; the plan is followed further. */
  onError(error: unknown): void
  /** Called when the last window of a plan that does not repeat is over. */
  onEnd(): void
}

/** The servers of a fleet that a plan has at the time. */
export type ServersUnderPlan = ReturnType<typeof serversUnderPlan>

/** Time between two looks at whether the clock of the machine has been set, ms. */
const CLOCK_CHECK_MS = 10_000

/** By how much it must have been set, ms: less is not followed. */
const CLOCK_SET_MS = 1_000

/** Time between two looks at the servers of the plan, ms. One that is down at two looks in a row is told. */
const LOOK_MS = 10_000

/**
 * The servers of a fleet that a plan has at the time.
 *
 * @param beforeMs for how long the plan has been followed before: a process that is started again goes on with it
 */
export function serversUnderPlan(
  plan: FleetSchedule,
  { planFrom, planSpeed: speed }: PlanFlags,
  beforeMs = 0,
) {
  const cycleS = plan.counts.length * plan.windowS
  if (planFrom === 'clock' && !plan.cyclic) {
    const cure = 'make the plan with --cycle, or follow it from its begin'
    refuseUsage('planFrom', 'is for a plan that repeats', cure)
  }
  const beginS = plan.begin === undefined ? FIRST_MONDAY_S : Date.parse(plan.begin) / 1000
  const startMs = performance.now()
  /** The moment of the plan now, seconds after the start of a first window. */
  const momentS = () => {
    const followedS = (beforeMs + performance.now() - startMs) / 1000
    if (planFrom === 'begin') return speed * followedS
    // by the clock as it is set now
    const sinceS = (Date.now() / 1000 - followedS - beginS) % cycleS
    return ((sinceS + cycleS) % cycleS) + speed * followedS
  }
  let listed: readonly FleetServer[] = []
  let { serving } = plannedFleets(plan, momentS()).next().value as PlannedFleet
  const of = (servers: readonly FleetServer[]) => plannedServers(servers, plan.types, serving)
  return {
    of,
    /** How many of these servers of a type the plan does not have at the time. */
    unused(type: string): number {
      const isOf = (server: FleetServer) => server.type === type
      return listed.filter(isOf).length - of(listed).filter(isOf).length
    },
    /** Takes the servers of the next windows from these. */
    accept(servers: readonly FleetServer[]) {
      listed = servers
    },
    follow({ onChange, onError, onEnd }: OnPlan) {
      const onFleet = (fleet: PlannedFleet) => {
        if (fleet.serving === serving) return
        serving = fleet.serving
        try {
          onChange(of(listed))
        } catch (error) {
          onError(error)
        }
      }
      const begin = () => followPlan(plan, { fromS: momentS(), speed, onFleet })
      let following = begin()
      const leftMs = Math.max(0, (1000 * (cycleS - momentS())) / speed)
      const ending = plan.cyclic ? undefined : realClock.after(leftMs, onEnd)
      const setMs = () => Date.now() - performance.now()
      let knownMs = setMs()
      const checkClock = () => {
        if (Math.abs(setMs() - knownMs) < CLOCK_SET_MS) return
        knownMs = setMs()
        following.stop()
        following = begin()
      }
      const checking = planFrom === 'clock' ? setInterval(checkClock, CLOCK_CHECK_MS).unref() : undefined
      return {
        stop() {
          ending?.cancel()
          clearInterval(checking)
          following.stop()
        },
      }
    },
  }
}

/**
 * Warns of servers of the plan that stay down while the fleet lists others of their type, once until another one is
 * down. The others are not taken instead: several processes, and routers on several machines, must take the same
 * servers, and each knows only what its own checks find.
 */
export function warnOfDownServers(
  chosen: Pick<ServersUnderPlan, 'unused'>,
  router: Pick<Router, 'servers'>,
  log: Pick<Logger, 'warn'>,
): { stop(): void } {
  let before = new Set<string>()
  let told = new Set<string>()
  const looking = setInterval(() => {
    const down = router.servers().filter(({ state }) => state !== 'up')
    const lasting = down.filter(({ address }) => before.has(address))
    before = new Set(down.map(({ address }) => address))
    told = new Set([...told].filter((address) => before.has(address)))
    for (const type of new Set(lasting.map((server) => server.type))) {
      const unused = chosen.unused(type)
      const ofType = lasting.filter((server) => server.type === type)
      // a server of several models is there for each
      const addresses = [...new Set(ofType.map(({ address }) => address))]
      if (unused === 0 || addresses.every((address) => told.has(address))) continue
      for (const address of addresses) told.add(address)
      const others = `the fleet lists ${counted(unused, 'other server')} of the type`
      log.warn(
        { type, addresses, unused },
        `servers of the plan are down, while ${others}: the plan takes the first ones; take those that are down out of the list`,
      )
    }
  }, LOOK_MS).unref()
  return { stop: () => clearInterval(looking) }
}

/**
 * Warns if the file of the plan that is followed has another plan now, or none: a plan is read at the start only.
 *
 * @param read reads the file
 */
export async function warnOfChangedPlan(
  plan: FleetSchedule,
  read: () => Promise<FleetSchedule>,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  const followed = 'the plan of the start is followed further'
  try {
    if (isDeepStrictEqual(await read(), plan)) return
    log.warn({}, `the file of the plan has changed, and ${followed}: restart the router to follow it`)
  } catch (error) {
    log.warn({ error: (error as Error).message }, `the file of the plan cannot be read; ${followed}`)
  }
}

/** Warns of each type of a plan of which the fleet lists fewer servers than the plan has in some window. */
export function warnOfMissingServers(
  plan: FleetSchedule,
  listed: readonly FleetServer[],
  log: Pick<Logger, 'warn'>,
): void {
  mostPlanned(plan).forEach((most, t) => {
    const type = plan.types[t]
    const own = listed.filter((server) => server.type === type).length
    if (own >= most) return
    const planned = `the plan has up to ${counted(most, 'server')} of this type`
    const cure =
      own === 0 ? 'list some, or make a plan without the type' : 'list more, or make a plan with fewer'
    log.warn({ type }, `${planned}, and the fleet lists ${own === 0 ? 'none' : own}: ${cure}`)
  })
}
