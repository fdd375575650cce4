import { type PlannedFleet, plannedFleets } from '../model/fleet/fleet-schedule.ts'
import type { FleetSchedule } from '../model/fleet/plan.ts'
import { type Clock, realClock } from './clock.ts'

interface FollowOptions {
  /** The moment of the plan from which it is followed, seconds after the start of its first window; 0 unless given. */
  readonly fromS?: number | undefined
  /** How many seconds of the plan pass in a second; 1 unless given. */
  readonly speed?: number | undefined
  readonly clock?: Clock | undefined
  /** Called for each state of the fleet when its time comes; for the first one at once. */
  readonly onFleet: (fleet: PlannedFleet) => void
}

/** Follows a plan in real time. After the last window of a plan that does not repeat, its fleet stays. */
export function followPlan(schedule: FleetSchedule, options: FollowOptions): { stop(): void } {
  const { fromS = 0, speed = 1, clock = realClock, onFleet } = options
  const fleets = plannedFleets(schedule, fromS)
  const beginMs = clock.now()
  let timer: { cancel(): void } | undefined
  const next = () => {
    const { value, done } = fleets.next()
    if (done) return
    const dueMs = beginMs + (1000 * (value.atS - fromS)) / speed
    timer = clock.after(Math.max(0, dueMs - clock.now()), () => {
      onFleet(value)
      next()
    })
  }
  onFleet(fleets.next().value as PlannedFleet)
  next()
  return { stop: () => timer?.cancel() }
}
