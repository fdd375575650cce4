/**
 * kairos-wasm: which machines to rent for a machine-learning service, and which query goes to which machine.
 *
 * One function per command, plain objects in and out. Bad input throws a `KairosError` with a stable code,
 * the place and the cure; "nothing is feasible" is an answer, not an error.
 */
export { type CheapestRequest, cheapestConfigurations } from './allocate/cheapest.ts'
export { explainConfiguration } from './allocate/explain.ts'
export {
  type RankRequest,
  rankConfigurations,
  streamRanking,
} from './allocate/rank.ts'
export {
  type SearchProgress,
  type SearchRequest,
  searchConfigurations,
} from './allocate/verify.ts'
export { deriveProfile } from './bound/closed-form.ts'
export { assign } from './dispatch/assign.ts'
export {
  createDispatcher,
  type Dispatcher,
  type DispatcherOptions,
  type Start,
} from './dispatch/dispatcher.ts'
export { POLICIES } from './dispatch/policies.ts'
export type { Policy, PolicyContext } from './dispatch/policy.ts'
export { readCounts, writeCounts } from './files/documents/counts.ts'
export { readFleet, writeFleet } from './files/documents/fleet.ts'
export { readProfile, writeProfile } from './files/documents/profile.ts'
export { readServiceAddresses, writeServiceAddresses } from './files/documents/service-addresses.ts'
export { readSpace } from './files/documents/space.ts'
export { readWorkload } from './files/documents/workload.ts'
export { writeSchedules } from './files/logs/schedule-csv.ts'
export { openTrialLog, type TrialLogFile } from './files/logs/trial-log.ts'
export { readCatalog } from './files/tables/catalog.ts'
export { importHpdc23 } from './files/tables/hpdc23/import.ts'
export { readLatencyTable, writeLatencyTable } from './files/tables/latency-table.ts'
export { readMix, writeMix } from './files/tables/mix.ts'
export {
  type ConvertTraceOptions,
  convertTrace,
} from './files/traces/convert-trace.ts'
export type { ColumnMap } from './files/traces/mapped-csv.ts'
export {
  type ReadTraceOptions,
  readTrace,
  type WriteTraceOptions,
  writeTrace,
} from './files/traces/trace-csv.ts'
export { type Drop, type TimeUnit, TRACE_FORMATS, type TraceFormat } from './files/traces/trace-format.ts'
export type { Assignment, DispatchRule, FcfsRule, MatchingRule } from './kernel/dispatch-contract.ts'
export type { KernelName } from './kernel/load.ts'
export { ARRIVAL_PROCESSES, type ArrivalProcess } from './model/arrivals.ts'
export { BOUNDS, type BoundName } from './model/bounds.ts'
export { describeTrace } from './model/describe-trace.ts'
export { ERROR_CODES, type ErrorCode, KairosError, type Place } from './model/errors.ts'
export type { FleetServer } from './model/fleet.ts'
export { generateTrace, type TraceRecipe } from './model/generate-trace.ts'
export type { LatencySummary } from './model/latencies.ts'
export type { LatencyTable } from './model/latency-table.ts'
export type { Profile, TypeProfile } from './model/profile.ts'
export { publishedMix } from './model/published-mix.ts'
export type { AllowableThroughput, Estimate } from './model/results/capacity.ts'
export type { ConversionReport } from './model/results/conversion.ts'
export type { BinRange, Explanation, TypeExplanation } from './model/results/explanation.ts'
export type { Infeasible, Remedy } from './model/results/infeasible.ts'
export type { Failure, LiveRun } from './model/results/live-run.ts'
export type { MeasuredBin } from './model/results/measurement.ts'
export type {
  BranchAndBoundProof,
  Cheapest,
  RankedBatches,
  RankedConfiguration,
  Ranking,
  RankingHead,
  RankingStream,
  WorkloadSummary,
} from './model/results/ranking.ts'
export type {
  QueueOverTime,
  RangeShare,
  Replay,
  ReplayMetrics,
  Schedule,
  ServedTrace,
  Verdict,
} from './model/results/replay.ts'
export type {
  Candidate,
  Evaluation,
  MeasuredConfiguration,
  RefutedConfiguration,
  SearchProof,
  VerifiedConfiguration,
  VerifiedSearch,
} from './model/results/search.ts'
export type { Dispersion, RateWindow, SizeStep, TraceDescription } from './model/results/trace-description.ts'
export { SERVICES, type Service } from './model/service.ts'
export { type Counts, costOf, type InstanceType, type Space } from './model/space.ts'
export type { Trace } from './model/trace.ts'
export { mixOfTrace } from './model/trace-mix.ts'
export type { Mix, Workload } from './model/workload.ts'
export {
  allowableThroughput,
  type Measurement,
  type ThroughputRequest,
} from './replay/allowable-throughput.ts'
export type { Configuration } from './replay/input.ts'
export { type MetricsOptions, metricsOf } from './replay/metrics.ts'
export { type ReplayRequest, replay } from './replay/replay.ts'
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
export type { ServerStatus } from './serve/router/member.ts'
export { createRouter, type Router, type RouterLog, type RouterOptions } from './serve/router/router.ts'
