/**
 * kairos-wasm/serve: the live side. A router in front of servers, emulated servers, a driver that sends a trace in
 * real time, and the measurement of latency tables.
 */
import { provideHost } from './kernel/host.ts'
import { nodeHost } from './workers/node-host.ts'

provideHost(nodeHost)

export type { Failure, LiveRun } from './model/results/live-run.ts'
export type { MeasuredBin } from './model/results/measurement.ts'
export {
  type DistributeOptions,
  type DistributeProgress,
  distribute,
} from './serve/driver/distribute.ts'
export { type MeasureOptions, measureLatency } from './serve/driver/measure.ts'
export {
  type EmulatedServer,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from './serve/emulator/emulator.ts'
export {
  emulatePlan,
  type PlannedEmulator,
  type PlannedEmulatorOptions,
} from './serve/emulator/planned.ts'
export type { ClientTls } from './serve/grpc/connect.ts'
export type { ServerTls } from './serve/grpc/listen.ts'
export type { RouterLog } from './serve/router/events.ts'
export type { ServerStatus } from './serve/router/fleet.ts'
export { createRouter, type Router, type RouterOptions } from './serve/router/router.ts'
