/**
 * kairos-wasm/core: model, bounds, ranking, search, dispatcher and replay without any Node module.
 *
 * `await useKernel(bytes)` loads the WebAssembly kernel, whose file is `kairos-wasm/kernel.wasm`; everything then
 * runs on the calling thread. `provideHost` adds threads. The entry `kairos-wasm` does both for Node.
 */
export { budgetFrontier, type FrontierRequest } from './allocate/budget-frontier.ts'
export { type CheapestRequest, cheapestConfigurations } from './allocate/cheapest/cheapest.ts'
export { explainConfiguration } from './allocate/explain.ts'
export {
  type RankRequest,
  rankConfigurations,
  streamRanking,
} from './allocate/rank.ts'
export {
  type SearchRequest,
  searchConfigurations,
} from './allocate/search/search.ts'
export {
  mergeParts,
  rankingQuestion,
  rankShard,
  type ShardedRequest,
  type ShardSetting,
} from './allocate/shards.ts'
export { deriveProfile } from './bound/closed-form.ts'
export { assign } from './dispatch/assign.ts'
export { type Batch, batchesOf } from './dispatch/batches.ts'
export {
  createDispatcher,
  type Dispatcher,
  type DispatcherOptions,
  type Start,
} from './dispatch/dispatcher.ts'
export { POLICIES } from './dispatch/policies.ts'
export type { Policy, PolicyContext, RuleFor } from './dispatch/policy.ts'
export type { KernelName } from './kernel/contract.ts'
export type { Assignment, Learning } from './kernel/dispatch-contract.ts'
export { type Host, type KernelPool, provideHost } from './kernel/host.ts'
export { useKernel } from './kernel/load.ts'
export type {
  BatchedRule,
  CompletionRule,
  DeadlineRule,
  DispatchRule,
  FcfsRule,
  FlowRule,
  MatchingRule,
  OldestRule,
  PartitionRule,
  PricedRule,
  UrgentRule,
} from './kernel/rules.ts'
export { BOUNDS, type BoundName } from './model/bounds.ts'
export { ERROR_CODES, type ErrorCode, KairosError, type Place } from './model/errors.ts'
export { type SpaceRecipe, space } from './model/fleet/build-space.ts'
export { checkedCostOf as costOf } from './model/fleet/configuration.ts'
export { type PlannedFleet, plannedFleets, plannedServers } from './model/fleet/fleet-schedule.ts'
export type {
  FleetSchedule,
  InfeasiblePlan,
  MeasuredThroughput,
  OptimalPlan,
  PlanWindow,
} from './model/fleet/plan.ts'
export type { Counts, InstanceType, Space } from './model/fleet/space.ts'
export type { OnProgress, Progress } from './model/progress.ts'
export type { AllowableThroughput, Capacity, Estimate, PolicyCapacity } from './model/results/capacity.ts'
export type { PolicyComparison } from './model/results/comparison.ts'
export type { BatchShare, BinRange, Explanation, TypeExplanation } from './model/results/explanation.ts'
export type { Infeasible, Remedy } from './model/results/infeasible.ts'
export type { LatencySummary } from './model/results/latencies.ts'
export type { RatePoint, RateSweep, RunOverTime } from './model/results/over-time.ts'
export type { PlanReplay, ReplayedWindow } from './model/results/plan-replay.ts'
export type {
  BranchAndBoundProof,
  Cheapest,
  RankedBatches,
  RankedConfiguration,
  Ranking,
  RankingHead,
  RankingStream,
} from './model/results/ranking.ts'
export type { RankingPart, RankingQuestion, RankingShard } from './model/results/ranking-part.ts'
export type {
  PolicyReplay,
  QueueOverTime,
  RangeShare,
  Replay,
  ReplayComparison,
  ReplayFigures,
  ReplayMetrics,
  Schedule,
  ServedTrace,
  Verdict,
} from './model/results/replay.ts'
export type {
  Candidate,
  ComparedConfiguration,
  Evaluation,
  MeasuredConfiguration,
  RefutedConfiguration,
  ReplayedConfiguration,
  SearchProgress,
  SearchProof,
  VerifiedConfiguration,
  VerifiedSearch,
} from './model/results/search.ts'
export type { ConfigurationSummary } from './model/results/subject.ts'
export type { Dispersion, RateWindow, SizeStep, TraceDescription } from './model/results/trace-description.ts'
export { describeTrace } from './model/trace/describe-trace.ts'
export { generateTrace, type TraceRecipe } from './model/trace/generate-trace.ts'
export type { Trace } from './model/trace/trace.ts'
export { mixOfTrace } from './model/trace/trace-mix.ts'
export { ARRIVAL_PROCESSES, type ArrivalProcess } from './model/workload/arrivals.ts'
export type { Batching } from './model/workload/batching.ts'
export { type WorkloadRecipe, workload } from './model/workload/build-workload.ts'
export type { LatencyTable } from './model/workload/latency-table.ts'
export type { Profile, TypeProfile } from './model/workload/profile.ts'
export { publishedMix } from './model/workload/published-mix.ts'
export { SERVICES, type Service } from './model/workload/service.ts'
export type { Mix, Workload, WorkloadSummary } from './model/workload/workload.ts'
export {
  createLiveRule,
  type LiveDecision,
  type LiveRule,
  type LiveRuleRequest,
} from './plan/live-rule.ts'
export { type ByType, type PlanRequest, planFleet, scheduleOf } from './plan/plan-fleet.ts'
export { type RateStatistic, ratesOfTrace, type WindowOptions } from './plan/rates.ts'
export { type PlanReplayRequest, replayPlan } from './plan/replay-plan.ts'
export {
  allowableThroughput,
  type Measurement,
  type ThroughputRequest,
} from './replay/allowable-throughput.ts'
export {
  type ComparisonProgress,
  type ComparisonRequest,
  comparePolicies,
} from './replay/compare-policies.ts'
export type { FleetSettings, ReplaySettings } from './replay/input.ts'
export type {
  GeneratedQueries,
  JobKind,
  JobProgress,
  JobResults,
  JobSet,
  LargestRateJob,
  RepetitionSetting,
  ReplayJob,
  ReplayJobs,
  SingleReplayJob,
  SubmitOptions,
  TrialJob,
} from './replay/jobs.ts'
export type { Edge } from './replay/largest-rate.ts'
export { type MetricsOptions, metricsOf } from './replay/metrics.ts'
export { type ReplayRequest, replay } from './replay/replay.ts'
export type { TrialLog } from './replay/trials.ts'
