import { status } from '@grpc/grpc-js'
import type { Policy } from '../../../src/dispatch/policy.ts'
import type { FleetServer } from '../../../src/model/fleet/fleet.ts'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import type { Workload } from '../../../src/model/workload/workload.ts'
import type { PoolLimits } from '../../../src/serve/router/admission/admission.ts'
import { type Asked, code, createVirtualPool, latency, type Mode } from './virtual.ts'

/** A time in which some servers of a fleet misbehave. */
export interface Disturbance {
  readonly fromMs: number
  readonly forMs: number
  /** Positions in the fleet, modulo its size. */
  readonly servers: readonly number[]
  readonly mode: Mode
  /** The slowdown of these servers. */
  readonly slower: number
}

/** A stream of requests to a fleet in virtual time. */
export interface Scenario {
  readonly workload: Workload
  readonly fleet: readonly FleetServer[]
  readonly policy: Policy
  readonly admission: PoolLimits['admission']
  /** Requests a second, Poisson arrivals. */
  readonly rate: number
  readonly seed: number
  /** Requests that arrive at the start, all at once. */
  readonly atOnce: number
  readonly disturbances: readonly Disturbance[]
}

/** The router has recovered this long after the last disturbance, ms. */
const RECOVERY_MS = 5_000

/** The time after that in which requests are counted, ms. */
const WATCHED_MS = 3_000

/** The requests of that time. */
export interface Recovery {
  readonly asked: number
  readonly accepted: number
  /** Answered within the target. */
  readonly inTime: number
  /** All requests of the scenario. */
  readonly everything: readonly Asked[]
  readonly log: string[]
  readonly endMs: number
}

/** Runs a scenario. A disturbance ends when its servers have finished what they began before. */
export async function recover(scenario: Scenario): Promise<Recovery> {
  return (await watch(scenario, undefined)).recovery
}

/** Runs a scenario with and without its disturbances, and counts at the same time. */
export async function compare(scenario: Scenario): Promise<{ disturbed: Recovery; undisturbed: Recovery }> {
  const { recovery, endMs } = await watch(scenario, undefined)
  const calm = await watch({ ...scenario, disturbances: [], atOnce: 0 }, endMs)
  return { disturbed: recovery, undisturbed: calm.recovery }
}

async function watch(scenario: Scenario, givenEndMs: number | undefined) {
  const { workload, fleet, policy, admission, rate, seed, atOnce, disturbances } = scenario
  const virtual = createVirtualPool(workload, { admission }, policy)
  const { ask, asked, pool, clock } = virtual
  pool.setServers(fleet)
  await virtual.runUntil(1)
  const giveUpMs = Math.max(1_000, 4 * workload.qosMs)
  const send = (batch: number) => {
    const { job, asked: one } = ask(batch)
    clock.after(giveUpMs, () => {
      // a running request would keep its server busy all the same
      if (one.outcomes.length === 0 && !virtual.hasBegun(job)) pool.cancel(job)
    })
  }
  const servers = [...virtual.servers.values()]
  /** Current disturbances of each server; the last one has effect. */
  const suffered = servers.map((): Disturbance[] => [])
  let endMs = givenEndMs ?? 1
  for (const one of disturbances) {
    const hit = [...new Set(one.servers.map((i) => i % servers.length))]
    const apply = () => {
      for (const i of hit) {
        const { mode, slower } = suffered[i].at(-1) ?? { mode: 'well' as const, slower: 1 }
        Object.assign(servers[i], { mode, slower })
      }
    }
    clock.after(one.fromMs, () => {
      for (const i of hit) suffered[i].push(one)
      apply()
    })
    clock.after(one.fromMs + one.forMs, () => {
      for (const i of hit) suffered[i].splice(suffered[i].indexOf(one), 1)
      apply()
      endMs = Math.max(endMs, clock.now(), ...hit.map((i) => Math.max(...servers[i].freeMs)))
    })
  }
  const lastMs = Math.max(1, ...disturbances.map(({ fromMs, forMs }) => fromMs + forMs))
  for (let i = 0; i < atOnce; i++) send(workload.mix.batchSizes[i % workload.mix.batchSizes.length])
  const queries = Math.ceil((rate * 120_000) / 1000)
  const trace = generateTrace({ arrivals: 'poisson', rate, queries, seed, mix: workload.mix })
  for (let i = 0; i < queries; i++) {
    const atMs = 1 + trace.arrivalMs[i]
    if (atMs > Math.max(lastMs + 1, endMs) + RECOVERY_MS + WATCHED_MS) break
    await virtual.runUntil(atMs)
    send(trace.batchSize[i])
  }
  await virtual.runUntil(clock.now() + giveUpMs)
  pool.close()
  const fromMs = endMs + RECOVERY_MS
  const watched = asked.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + WATCHED_MS)
  const refusals = [status.RESOURCE_EXHAUSTED, status.UNAVAILABLE]
  const recovery: Recovery = {
    asked: watched.length,
    accepted: watched.filter((one) => !refusals.includes(code(one)!)).length,
    inTime: watched.filter((one) => code(one) === status.OK && latency(one) <= workload.qosMs).length,
    everything: asked,
    log: virtual.log,
    endMs,
  }
  return { recovery, endMs }
}

/** A fleet with the given number of servers of each type. */
export function fleetOf(types: readonly string[], counts: readonly number[]): FleetServer[] {
  return types.flatMap((type, t) =>
    Array.from({ length: counts[t] }, (_, i) => ({ address: `${type}-${i}:1`, type })),
  )
}
