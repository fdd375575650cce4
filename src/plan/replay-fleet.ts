import type { Dispatcher } from '../dispatch/dispatcher.ts'
import type { FleetSchedule } from '../model/fleet/plan.ts'
import type { Counts } from '../model/fleet/space.ts'

/** The instances of a plan in a replay: which of them run, when their queries are served, and what they cost. */
export interface ReplayFleet {
  readonly schedule: FleetSchedule
  readonly dispatcher: Dispatcher
  readonly running: Set<Running>
  /** By type: how many of its instances run. */
  readonly serving: number[]
  /** By slot: its type. */
  readonly typeOfSlot: number[]
  /** By slot: when its query is served, ms; Infinity while it is idle. */
  readonly completesMs: number[]
  /** Dollars: the fees of all starts, and the time of the instances that have left. */
  cost: number
  /** Instances started. */
  starts: number
}

/** An instance that serves. */
interface Running {
  readonly type: number
  /** Their numbers in the dispatcher, to which each slot is an instance. */
  readonly slots: readonly number[]
  /** Since when it is paid for, ms: its start delay before it began to serve. */
  readonly paidFromMs: number
}

/** A fleet without instances. @param dispatcher has no instances yet */
export function replayFleet(schedule: FleetSchedule, dispatcher: Dispatcher): ReplayFleet {
  return {
    schedule,
    dispatcher,
    running: new Set(),
    serving: schedule.types.map(() => 0),
    typeOfSlot: [],
    completesMs: [],
    cost: 0,
    starts: 0,
  }
}

/**
 * Instances join and leave until the wanted counts serve.
 *
 * @param before counts that ran before: the start of as many instances is not billed
 * @returns whether instances have joined or left
 */
export function resize(fleet: ReplayFleet, wanted: Counts, nowMs: number, before?: Counts): boolean {
  const { serving } = fleet
  let hasChanged = false
  wanted.forEach((count, t) => {
    if (count !== serving[t]) hasChanged = true
    const kept = before?.[t] ?? 0
    for (let i = 0; i < count - serving[t]; i++) join(fleet, t, nowMs, i >= kept)
    if (serving[t] > count) leave(fleet, t, serving[t] - count, nowMs)
    serving[t] = count
  })
  return hasChanged
}

function join(fleet: ReplayFleet, type: number, nowMs: number, isStarted: boolean): void {
  const { schedule, dispatcher, running, typeOfSlot, completesMs } = fleet
  const name = schedule.types[type]
  const slots = Array.from({ length: schedule.slots?.[type] ?? 1 }, () => dispatcher.join(name))
  for (const slot of slots) {
    typeOfSlot[slot] = type
    completesMs[slot] = Infinity
  }
  running.add({ type, slots, paidFromMs: isStarted ? nowMs - 1000 * schedule.startDelayS[type] : nowMs })
  if (!isStarted) return
  fleet.cost += schedule.startFee[type]
  fleet.starts++
}

/** Stops the idle instances first, then those that finish first: they get no further query. */
function leave(fleet: ReplayFleet, type: number, count: number, nowMs: number): void {
  const { dispatcher, running, completesMs } = fleet
  const doneMs = ({ slots }: Running) =>
    Math.max(nowMs, ...slots.map((slot) => completesMs[slot]).filter(Number.isFinite))
  const own = [...running].filter((instance) => instance.type === type)
  own.sort((a, b) => doneMs(a) - doneMs(b) || a.slots[0] - b.slots[0])
  for (const instance of own.slice(0, count)) {
    pay(fleet, instance, doneMs(instance))
    running.delete(instance)
    for (const slot of instance.slots) {
      dispatcher.leave(slot)
      completesMs[slot] = Infinity
    }
  }
}

function pay(fleet: ReplayFleet, { type, paidFromMs }: Running, untilMs: number): void {
  fleet.cost += (fleet.schedule.pricePerHour[type] * (untilMs - paidFromMs)) / 3_600_000
}

/** When the next query is served, ms; Infinity where all slots are idle. */
export function nextCompletionMs({ completesMs }: ReplayFleet): number {
  let next = Infinity
  // with an iterator a replay of many slots takes a third longer
  for (let slot = 0; slot < completesMs.length; slot++) {
    if (completesMs[slot] < next) next = completesMs[slot]
  }
  return next
}

/** Makes the slots idle whose query is served by now. */
export function completeServed({ dispatcher, completesMs }: ReplayFleet, nowMs: number): void {
  for (let slot = 0; slot < completesMs.length; slot++) {
    if (completesMs[slot] > nowMs) continue
    dispatcher.complete(slot, nowMs)
    completesMs[slot] = Infinity
  }
}

/** Pays for the instances that still run, until the replay ends. */
export function payRunning(fleet: ReplayFleet, endMs: number): void {
  for (const instance of fleet.running) pay(fleet, instance, endMs)
}
