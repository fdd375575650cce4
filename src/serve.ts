/**
 * kairos-wasm/serve: the live side. A router in front of servers, emulated servers, a driver that sends a trace in
 * real time, and the measurement of latency tables. gRPC is loaded by the first call and not by the import.
 */
import { provideHost } from './kernel/host.ts'
import type { LiveRun } from './model/results/live-run.ts'
import type { Measurement } from './model/results/measurement.ts'
import type { DistributeOptions } from './serve/driver/distribute.ts'
import type { MeasureOptions } from './serve/driver/measure.ts'
import type { Emulator, EmulatorOptions } from './serve/emulator/emulator.ts'
import type { PlannedEmulator, PlannedEmulatorOptions } from './serve/emulator/planned.ts'
import type { Router } from './serve/router/router.ts'
import type { RouterOptions } from './serve/router/router-options.ts'
import { nodeHost } from './workers/node-host.ts'

provideHost(nodeHost)

export type { Failure, LiveRun, LostServer, RefusedBatch } from './model/results/live-run.ts'
export type { MeasuredRound, Measurement } from './model/results/measurement.ts'
export type { DistributeOptions } from './serve/driver/distribute.ts'
export type { MeasureOptions } from './serve/driver/measure.ts'
export type { DistributeProgress } from './serve/driver/tally.ts'
export type { EmulatedServer, Emulator, EmulatorOptions } from './serve/emulator/emulator.ts'
export type { PlannedEmulator, PlannedEmulatorOptions } from './serve/emulator/planned.ts'
export type { ClientTls, ServerTls } from './serve/grpc/tls.ts'
export type { CustomMethod } from './serve/protocols/custom.ts'
export type { TensorMetadata } from './serve/protocols/inference.ts'
export type { Advice, Advisor } from './serve/router/advice.ts'
export type { RouterLog } from './serve/router/events.ts'
export type { ServerStatus } from './serve/router/fleet/server-status.ts'
export type { Router } from './serve/router/router.ts'
export type { RouterOptions } from './serve/router/router-options.ts'

/**
 * Sends the queries of a trace to live servers in real time, open loop: arrivals do not wait for answers. The
 * dispatcher decides when each query is sent, and to which server. A server that cannot be reached leaves the
 * dispatcher until it can serve again, and its query has failed.
 *
 * @throws KairosError BAD_MODEL for a trace, types, counts or slots that do not fit the workload; BAD_USAGE for
 *   addresses that do not fit the counts, or requests that cannot be joined; SERVER if a server cannot be reached at
 *   the start, one speaks the other protocol, or all have been lost for two seconds; the reason of an aborted signal
 */
export async function distribute(options: DistributeOptions): Promise<LiveRun> {
  const module = await import('./serve/driver/distribute.ts')
  return module.distribute(options)
}

/**
 * Measures a latency table: sends batches of the given sizes, in random order, to a server of each type, and takes the
 * time from request to answer, as a dispatcher sees it. Inputs of the Open Inference Protocol are zeros. Servers are
 * measured one after another.
 *
 * @throws KairosError BAD_USAGE for invalid sizes, samples, shapes or servers; SERVER with address, batch size and
 *   status if a server does not answer; BAD_MODEL for a model that takes no such batch; the reason of an aborted signal
 */
export async function measureLatency(options: MeasureOptions): Promise<Measurement> {
  const module = await import('./serve/driver/measure.ts')
  return module.measureLatency(options)
}

/**
 * Starts a server for each instance of a configuration. Each server speaks the published protocol, the Open Inference
 * Protocol and the health protocol on its port, and serves one query at a time in each slot, or one batch. Service
 * times are drawn from the latency table; each instance has its own random stream of the seed.
 *
 * @throws KairosError BAD_MODEL for types and counts that do not fit the workload; BAD_USAGE for an address that
 *   cannot be listened on or an invalid seed; TOO_LARGE above 1,000 servers
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const module = await import('./serve/emulator/emulator.ts')
  return module.startEmulator(options)
}

/**
 * Starts a router. Clients send it requests in the published protocol, the Open Inference Protocol (gRPC or HTTP) or a
 * method of their own; the dispatcher decides when each is sent, and to which server. Servers are checked, taken out
 * and put back; a request that fails on one server is tried on another; the slowdown of each server is measured.
 *
 * @throws KairosError BAD_MODEL for a server whose type or model is in no workload; BAD_USAGE for an address that
 *   cannot be listened on, an invalid certificate or an unknown policy
 */
export async function createRouter(options: RouterOptions): Promise<Router> {
  const module = await import('./serve/router/router.ts')
  return module.createRouter(options)
}

/**
 * Starts and stops emulated servers as a plan says. The servers of the first window serve when this resolves. A server
 * joins when its start delay is over. One that leaves is first taken off the list, serves for a moment longer, finishes
 * its queries, and ends.
 *
 * @throws KairosError BAD_MODEL for an invalid schedule, for types that the latency table lacks, and for types that it
 *   has at another concurrency; TOO_LARGE for a window of more than 1,000 servers; as `startEmulator`
 */
export async function emulatePlan(options: PlannedEmulatorOptions): Promise<PlannedEmulator> {
  const module = await import('./serve/emulator/planned.ts')
  return module.emulatePlan(options)
}
