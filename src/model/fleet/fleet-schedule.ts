import { checkNames, checkOneEach, checkTypeNames, valueText } from '../checks.ts'
import { refuseModel as refuse, refuseLarge, refuseUsage } from '../errors.ts'
import { checkCounts, instancesOf } from './configuration.ts'
import type { FleetSchedule } from './plan.ts'
import { type Counts, slotCounts } from './space.ts'

const FIELDS: { readonly [Field in keyof Required<FleetSchedule>]: true } = {
  types: true,
  windowS: true,
  counts: true,
  pricePerHour: true,
  startDelayS: true,
  startFee: true,
  slots: true,
  cyclic: true,
  begin: true,
  initial: true,
}

/**
 * @throws KairosError BAD_MODEL for fields that a schedule does not have, windows of no length, a begin that is no
 *   time, and lists that do not fit the types
 */
export function checkSchedule(schedule: FleetSchedule): void {
  if (typeof schedule !== 'object' || schedule === null) {
    refuse('schedule', `is ${valueText(schedule)}`, 'the one of scheduleOf or readPlan is expected')
  }
  const unknown = Object.keys(schedule).find((field) => !Object.hasOwn(FIELDS, field))
  if (unknown !== undefined) {
    refuse(`schedule.${unknown}`, 'is no field of a schedule', `it has ${Object.keys(FIELDS).join(', ')}`)
  }
  const { types, windowS, counts, initial, cyclic, begin } = schedule
  checkTypeNames('schedule.types', types)
  if (!(Number.isFinite(windowS) && windowS > 0)) {
    refuse('schedule.windowS', `is ${valueText(windowS)}`, 'a number of seconds > 0 is expected')
  }
  if (typeof cyclic !== 'boolean')
    refuse('schedule.cyclic', `is ${valueText(cyclic)}`, 'true or false is expected')
  if (begin !== undefined && (typeof begin !== 'string' || Number.isNaN(Date.parse(begin)))) {
    refuse('schedule.begin', `is ${valueText(begin)}`, 'a time such as 2026-11-18T09:30:00Z is expected')
  }
  const checkList = (field: string, list: readonly number[], isWhole = false): void => {
    checkOneEach(field, list, types)
    const isValid = isWhole ? Number.isSafeInteger : Number.isFinite
    const t = list.findIndex((value) => !(isValid(value) && value >= 0))
    if (t < 0) return
    const cure = `a ${isWhole ? 'whole ' : ''}number >= 0 is expected`
    refuse(`${field}[${t}]`, `is ${valueText(list[t])}`, cure)
  }
  if (!Array.isArray(counts) || counts.length === 0) {
    refuse('schedule.counts', 'has no window', 'the counts of each window are expected')
  }
  // a list of entries has missing windows too
  for (const [w, own] of counts.entries()) checkList(`schedule.counts[${w}]`, own, true)
  if (initial !== undefined) checkList('schedule.initial', initial, true)
  for (const field of ['pricePerHour', 'startDelayS', 'startFee'] as const) {
    checkList(`schedule.${field}`, schedule[field])
  }
  const late = schedule.startDelayS.findIndex((delayS) => delayS / windowS > MOST_DELAY_WINDOWS)
  if (late >= 0) {
    const problem = `is ${schedule.startDelayS[late]}, more than ${MOST_DELAY_WINDOWS} windows of ${windowS} s`
    refuse(`schedule.startDelayS[${late}]`, problem, 'a shorter delay, or longer windows, are expected')
  }
}

/**
 * @param slots of an instance of each type; 1 unless given
 * @throws KairosError TOO_LARGE for a window with more than `most` instances or, where slots are given, slots
 */
export function checkPlannedCounts(
  { counts }: Pick<FleetSchedule, 'counts'>,
  most: number,
  slots?: readonly number[],
): void {
  counts.forEach((own, w) => {
    const total = instancesOf(slotCounts(own, slots))
    if (total <= most) return
    const problem = `are ${total} ${slots === undefined ? 'instances' : 'slots'}`
    const cure = `at most ${most} are possible: lower the counts of this window`
    refuseLarge(`schedule.counts[${w}]`, problem, cure)
  })
}

/** The most windows that the start delay of a type may last: each is looked at for the instances that are starting. */
export const MOST_DELAY_WINDOWS = 1_000_000

/** The instances of a planned fleet from a moment on. */
export interface PlannedFleet {
  /** The moment, seconds after the start of the first window. */
  readonly atS: number
  /** By type: instances that serve, and instances that were started and do not serve yet. */
  readonly serving: Counts
  readonly starting: Counts
}

/**
 * The fleet of a plan over time: a state for the beginning, for each start of an instance, and for each window. An
 * instance starts its delay before the window in which it serves, from time 0 on. The states of a cycle never end.
 *
 * @param fromS the time of the first state, seconds after the start of the first window
 * @throws KairosError BAD_MODEL for a schedule that is none; BAD_USAGE for a time that is not from 0 on
 */
export function plannedFleets(schedule: FleetSchedule, fromS = 0): Generator<PlannedFleet> {
  checkSchedule(schedule)
  if (!(Number.isFinite(fromS) && fromS >= 0)) {
    refuseUsage('fromS', `is ${valueText(fromS)}`, 'a number of seconds >= 0 is expected')
  }
  return fleetsFrom(schedule, fromS)
}

function* fleetsFrom(schedule: FleetSchedule, fromS: number): Generator<PlannedFleet> {
  const { types, windowS, counts, startDelayS, cyclic } = schedule
  const windows = cyclic ? Infinity : counts.length
  const countsAt = (w: number) => counts[cyclic ? w % counts.length : Math.min(w, counts.length - 1)]
  /** By a window after the first one. */
  const startedAt = (w: number, t: number) => Math.max(0, countsAt(w)[t] - countsAt(w - 1)[t])
  const aheadWindows = startDelayS.map((delayS) => Math.ceil(delayS / windowS))
  // nothing starts after the last window
  const lastAhead = (w: number, t: number) => Math.min(w + aheadWindows[t], windows - 1)
  const stateAt = (atS: number, w: number): PlannedFleet => ({
    atS,
    serving: countsAt(w),
    starting: types.map((_, t) => {
      let starting = 0
      for (let next = w + 1; next <= lastAhead(w, t); next++) {
        if (next * windowS - startDelayS[t] <= atS) starting += startedAt(next, t)
      }
      return starting
    }),
  })
  const first = Math.floor(fromS / windowS)
  for (let w = first; w < Math.max(windows, first + 1); w++) {
    const beginS = Math.max(fromS, w * windowS)
    const moments = new Set([beginS])
    types.forEach((_, t) => {
      for (let next = w + 1; next <= lastAhead(w, t); next++) {
        const startS = next * windowS - startDelayS[t]
        if (startS > beginS && startS < (w + 1) * windowS && startedAt(next, t) > 0) moments.add(startS)
      }
    })
    for (const atS of [...moments].sort((a, b) => a - b)) yield stateAt(atS, w)
  }
}

/** By type: the most instances that a plan has in a window. */
export function mostPlanned({ types, counts }: Pick<FleetSchedule, 'types' | 'counts'>): Counts {
  return types.map((_, t) => counts.reduce((most, each) => Math.max(most, each[t]), 0))
}

/**
 * The first servers of each type, as many as the counts say.
 *
 * @throws KairosError BAD_USAGE unless servers are a list; BAD_MODEL for types that are no names, and unfit counts
 */
export function plannedServers<Server extends { readonly type: string }>(
  servers: readonly Server[],
  types: readonly string[],
  counts: Counts,
): Server[] {
  if (!Array.isArray(servers)) refuseUsage('servers', `is ${valueText(servers)}`, 'a list is expected')
  checkNames('types', types)
  checkCounts(types, counts, 0, Infinity)
  const odd = servers.findIndex((server) => typeof server !== 'object' || server === null)
  if (odd >= 0) refuseUsage(`servers[${odd}]`, `is ${valueText(servers[odd])}`, 'a server is expected')
  const left = new Map(types.map((type, t) => [type, counts[t]]))
  return servers.filter(({ type }) => {
    const more = left.get(type) ?? 0
    left.set(type, more - 1)
    return more > 0
  })
}
