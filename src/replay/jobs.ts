import type { KernelName } from '../kernel/contract.ts'
import type { OnProgress, Progress } from '../model/progress.ts'
import type { ReplayFigures } from '../model/results/replay.ts'
import type { StoredTrace } from '../model/trace/stored-trace.ts'
import type { Trace } from '../model/trace/trace.ts'
import type { ArrivalProcess } from '../model/workload/arrivals.ts'
import type { FleetSettings } from './input.ts'
import type { Edge } from './largest-rate.ts'
import type { Load } from './repetition.ts'

/** A configuration under a policy, on the draws of one seed: what a repetition consists of, as plain data. */
export interface RepetitionSetting extends FleetSettings, Load {
  readonly seed: number
  readonly kernel?: KernelName | undefined
}

/** A repetition whose largest rate is asked for: some ten replays, one after the other. */
export interface LargestRateJob extends RepetitionSetting {
  readonly kind: 'largest-rate'
}

/** A repetition at one rate, queries per second: one replay. */
export interface TrialJob extends RepetitionSetting {
  readonly kind: 'trial'
  readonly rate: number
}

/** How the queries of a replay are generated: plain numbers, from which every machine makes the same trace. */
export interface GeneratedQueries {
  readonly arrivals: ArrivalProcess
  readonly cv?: number | undefined
  /** Queries per second. */
  readonly rate: number
  readonly queries: number
}

/** One replay of a trace, or of the queries that its seed generates. */
export interface SingleReplayJob extends FleetSettings {
  readonly kind: 'replay'
  readonly load: GeneratedQueries | Trace
  /** Where the workers of a queue find the trace of `load`, which then does not go through Redis. */
  readonly stored?: StoredTrace | undefined
  /** The seed of service times, and of generated queries. */
  readonly seed: number
  readonly kernel?: KernelName | undefined
}

/** What each kind of job returns. It depends on the job alone, not on where the job ran. */
export interface JobResults {
  /** With the fluid bound of what was drawn, queries per second; 0 where there is none. */
  readonly 'largest-rate': Edge & { readonly bound: number }
  readonly trial: { readonly holds: boolean }
  readonly replay: ReplayFigures
}

/** What a job does. */
export type JobKind = keyof JobResults

/** A job of one kind. */
export type ReplayJob<K extends JobKind = JobKind> = Extract<
  LargestRateJob | TrialJob | SingleReplayJob,
  { kind: K }
>

/** How far a set of jobs is: `done` are jobs with a result, those found included. */
export interface JobProgress extends Progress {
  /** Jobs whose results were there before. */
  readonly found: number
  readonly failed: number
}

/** Options of `submit`. */
export interface SubmitOptions {
  /** Ends the set: `collect` rejects with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Called after each job. */
  readonly onProgress?: OnProgress<JobProgress> | undefined
}

/** Jobs that were submitted together. */
export interface JobSet<Result> {
  readonly progress: JobProgress
  /**
   * The results, in the order of the jobs.
   *
   * @throws what a job threw; KairosError ABORTED after `cancel`
   */
  collect(): Promise<Result[]>
  /** Gives up the jobs that have not started. */
  cancel(): Promise<void>
}

/** Where replay jobs run: on threads of this machine, or on the workers of a queue. */
export interface ReplayJobs {
  /** Jobs that run at a time, as far as is known. */
  readonly width: number
  /** Starts jobs. */
  submit<K extends JobKind>(jobs: readonly ReplayJob<K>[], options?: SubmitOptions): JobSet<JobResults[K]>
  /** Ends the threads, or the connections. */
  close(): Promise<void>
}
