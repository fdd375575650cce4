import { checkGiven, checkMs, type OptionNames, valueText } from '../../model/checks.ts'
import { refuseUsage } from '../../model/errors.ts'
import { slotsByType } from '../../model/fleet/concurrency.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import { checkPlannedCounts, checkSchedule, type PlannedFleet } from '../../model/fleet/fleet-schedule.ts'
import type { FleetSchedule } from '../../model/fleet/plan.ts'
import { checkWorkload, tableRows } from '../../model/workload/workload.ts'
import { realClock } from '../clock.ts'
import { followPlan } from '../follow-plan.ts'
import {
  type EmulatedServer,
  type Emulator,
  type EmulatorOptions,
  LAST_FIRST_NUMBER,
  MOST_SERVERS,
  startEmulator,
} from './emulator.ts'
import { measureRoundTrip } from './round-trip.ts'

/** Which plan is emulated, and how. */
export interface PlannedEmulatorOptions
  extends Omit<EmulatorOptions, 'types' | 'counts' | 'port' | 'firstNumber'> {
  /** The slots of its types are those of the servers unless `slots` is given. */
  readonly schedule: FleetSchedule
  /** How many seconds of the plan pass in a second; 1 unless given. */
  readonly speed?: number | undefined
  /** Time between the removal of a server from the list and its end, ms: clients learn of it; 1,000 unless given. */
  readonly leaveMs?: number | undefined
  /** Called with the servers whenever some have joined or left, and with how many are starting. */
  readonly onChange?:
    | ((servers: readonly EmulatedServer[], starting: number) => void | Promise<void>)
    | undefined
  /** Receives later errors: what `onChange` throws, and servers that cannot be started. */
  readonly onError: (error: unknown) => void
}

const OPTIONS: OptionNames<PlannedEmulatorOptions> = {
  workload: true,
  slots: true,
  host: true,
  seed: true,
  overheadMs: true,
  tls: true,
  maxMessageBytes: true,
  schedule: true,
  speed: true,
  leaveMs: true,
  onChange: true,
  onError: true,
}

/** Emulated servers that come and go. */
export interface PlannedEmulator {
  readonly servers: readonly EmulatedServer[]
  /** Stops following the plan, and all servers; running queries have `graceMs` to end (0 unless given). */
  close(graceMs?: number): Promise<void>
}

const LEAVE_MS = 1_000

/** A server that has left may work on its last queries for this long, ms. */
const LAST_QUERIES_MS = 60_000

/** Starts and stops emulated servers as a plan says. `emulatePlan` of src/serve.ts says how, and what is thrown. */
export async function emulatePlan(options: PlannedEmulatorOptions): Promise<PlannedEmulator> {
  checkOptions(options)
  const { schedule, speed, leaveMs = LEAVE_MS, onChange, onError, ...shared } = options
  const { types, slots: scheduled = 1 } = schedule
  const { latency } = options.workload
  const slots = slotsByType(latency, types, shared.slots === undefined ? scheduled : shared.slots)
  const overheadMs = options.overheadMs ?? (await measureRoundTrip())
  /** Of one server each. */
  const running: Emulator[] = []
  const servers = () => running.flatMap((emulator) => emulator.servers)
  const countOf = (type: string) => servers().filter((server) => server.type === type).length
  /** Emulators of servers that are off the list, with what ends them. */
  const leaving = new Map<Emulator, { cancel(): void }>()
  /** Servers that were started so far: the number of the next one. */
  let nextNumber = 0

  const join = async (type: string): Promise<void> => {
    const one = { types: [type], counts: [1], slots: [slots[types.indexOf(type)]] }
    const firstNumber = nextNumber++ % (LAST_FIRST_NUMBER + 1)
    running.push(await startEmulator({ ...shared, ...one, firstNumber, overheadMs }))
  }
  const leave = (type: string): void => {
    const last = servers().findLastIndex((server) => server.type === type)
    const [emulator] = running.splice(last, 1)
    const end = () => emulator.close(LAST_QUERIES_MS).finally(() => leaving.delete(emulator))
    leaving.set(emulator, realClock.after(leaveMs, end))
  }
  /** Servers that are starting, by the plan. */
  let starting = 0
  /** Whether `onChange` is to be called for the present servers: it has not been yet, or it has failed. */
  let isUntold = true
  let isOpen = false
  let failure: unknown
  /** The state of the plan that comes next. A later one takes its place where changes take longer than windows. */
  let due: PlannedFleet | undefined
  const reach = async (): Promise<void> => {
    if (due === undefined) return
    const { serving } = due
    const startingNow = instancesOf(due.starting)
    due = undefined
    if (startingNow !== starting) isUntold = true
    starting = startingNow
    for (const [t, type] of types.entries()) {
      for (; countOf(type) < serving[t]; isUntold = true) await join(type)
      for (; countOf(type) > serving[t]; isUntold = true) leave(type)
    }
  }
  const report = (error: unknown): void => {
    if (!isOpen) {
      failure ??= error
      return
    }
    try {
      onError(error)
    } catch (thrown) {
      // thrown outside of the chain of changes: the next changes are still made, and all servers can be closed
      queueMicrotask(() => {
        throw thrown
      })
    }
  }
  /** Calls `onChange` if it is to be called, also after a failed change: some servers may have joined or left. */
  const tell = async (): Promise<void> => {
    if (!isUntold || failure !== undefined) return
    await onChange?.(servers(), starting)
    isUntold = false
  }
  // one change at a time, in order
  let changing = Promise.resolve()
  const following = followPlan(schedule, {
    speed,
    onFleet(fleet) {
      due = fleet
      changing = changing.then(reach).catch(report).then(tell).catch(report)
    },
  })
  const close = async (graceMs = 0): Promise<void> => {
    checkMs('graceMs', graceMs, 0)
    following.stop()
    due = undefined
    await changing
    for (const timer of leaving.values()) timer.cancel()
    const all = [...running, ...leaving.keys()]
    await Promise.all(all.map((emulator) => emulator.close(graceMs)))
  }
  await changing
  isOpen = true
  if (failure !== undefined) {
    await close()
    throw failure
  }
  return {
    get servers() {
      return servers()
    },
    close,
  }
}

function checkOptions(options: PlannedEmulatorOptions): void {
  checkGiven(options, OPTIONS)
  const { workload, schedule, speed, leaveMs, overheadMs, onError } = options
  checkWorkload(workload)
  checkSchedule(schedule)
  checkPlannedCounts(schedule, MOST_SERVERS)
  tableRows(workload.latency, schedule.types)
  if (speed !== undefined && !(Number.isFinite(speed) && speed > 0)) {
    refuseUsage('speed', `is ${valueText(speed)}`, 'a number > 0 is expected')
  }
  if (leaveMs !== undefined) checkMs('leaveMs', leaveMs, 0)
  if (overheadMs !== undefined) checkMs('overheadMs', overheadMs, 0)
  if (typeof onError !== 'function') {
    refuseUsage('onError', `is ${valueText(onError)}`, 'a function is expected')
  }
}
