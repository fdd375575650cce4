/**
 * kairos-wasm: which machines to rent for a machine-learning service, and which query goes to which machine.
 *
 * One function per command, plain objects in and out. Bad input throws a `KairosError` with a stable code,
 * the place and the cure; "nothing is feasible" is an outcome, not an error.
 *
 * This entry is `kairos-wasm/core` with files and worker threads; live servers are in `kairos-wasm/serve`.
 */
import { provideHost } from './kernel/host.ts'
import { nodeHost } from './workers/node-host.ts'

provideHost(nodeHost)

export * from './core.ts'
export { readCounts, writeCounts } from './files/documents/counts.ts'
export { readFleet, writeFleet } from './files/documents/fleet.ts'
export { readMeasured } from './files/documents/measured.ts'
export { readFolderQuestion, readParts, writePart } from './files/documents/parts.ts'
export { readPlan } from './files/documents/plan.ts'
export { readProfile, writeProfile } from './files/documents/profile.ts'
export { readServiceAddresses, writeServiceAddresses } from './files/documents/service-addresses.ts'
export { type ReadSpaceOptions, readSpace } from './files/documents/space.ts'
export { readWorkload } from './files/documents/workload.ts'
export type { TimeUnit } from './files/io/units.ts'
export { writeSchedules } from './files/logs/schedule-csv.ts'
export { openTrialLog, type TrialLogFile } from './files/logs/trial-log.ts'
export { readCatalog } from './files/tables/catalog.ts'
export { type ImportedTable, type ImportOptions, importHpdc23 } from './files/tables/hpdc23/import.ts'
export {
  type ReadLatencyTableOptions,
  readLatencyTable,
  writeLatencyTable,
} from './files/tables/latency-table.ts'
export { readMix, writeMix } from './files/tables/mix.ts'
export { type RateCurve, readRates } from './files/tables/rates.ts'
export type { Drop } from './files/traces/admission.ts'
export {
  type ConvertTraceOptions,
  convertTrace,
} from './files/traces/convert-trace.ts'
export type { ColumnMap } from './files/traces/formats/format.ts'
export { TRACE_FORMATS, type TraceFormat } from './files/traces/formats/registry.ts'
export {
  type FoundTrace,
  readStoredTrace,
  type StoredTraceOptions,
} from './files/traces/stored/stored-trace.ts'
export {
  type ReadTraceOptions,
  readTrace,
  type WriteTraceOptions,
  writeTrace,
} from './files/traces/trace-csv.ts'
export type { FleetServer } from './model/fleet/fleet.ts'
export type { ConversionReport } from './model/results/conversion.ts'
export type { QueueStatus, VersionStatus } from './model/results/queue-status.ts'
export type { StoredTrace } from './model/trace/stored-trace.ts'
export type { OnNote } from './queue/connection.ts'
export { openQueue, type QueueOptions } from './queue/queue.ts'
export { type CleanOptions, cleanQueue, type QueueCleaning, queueStatus } from './queue/status.ts'
export { type QueueWorker, type QueueWorkerOptions, startQueueWorker } from './queue/worker.ts'
