/** What the page and its workers say to each other. */
import type { Mix, Service, Space, Trace, TraceDescription, Workload } from '../core.ts'
import type { Progress } from '../model/progress.ts'
import type { Measured } from '../report/page/measure-page.ts'
import type { Question } from '../report/page/question.ts'
import type { RankingAnswer } from '../report/page/ranking-page.ts'
import type { PlotSpec } from '../report/plots/plot.ts'

export interface Answer extends RankingAnswer {
  readonly listed: number
  readonly pareto: boolean
  /** The duration of the ranking alone, ms. */
  readonly elapsedMs: number
}

export interface DroppedFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What dropped files hold; each part only where a file has it. */
export interface Dropped {
  readonly workload?: Workload
  /** A latency table, whose file names the model. */
  readonly table?: Pick<Workload, 'model' | 'latency'>
  /** Of a mix or a trace. */
  readonly mix?: Mix
  readonly space?: Space
  readonly trace?: Trace
  readonly description?: TraceDescription
  /** With a workload or a table: the prices of its types in the catalog, dollars an hour. */
  readonly prices?: Readonly<Record<string, number>>
  /** What was read, one sentence per file, and what was derived. */
  readonly notes: readonly string[]
}

interface MeasureRequest {
  readonly workload: Workload
  readonly space: Space
  readonly counts: readonly number[]
  readonly service: Service
  readonly queries: number
  readonly repeats: number
  readonly seed: number
  readonly trace?: Trace | undefined
}

/** The functions of the engine's worker: input and result of each. */
export interface EngineCalls {
  start: { input: { readonly kernel: ArrayBuffer; readonly files: Record<string, string> }; result: null }
  shipped: { input: string; result: { readonly workload: Workload; readonly space: Space } }
  read: {
    input: { readonly files: readonly DroppedFile[]; readonly workload: Workload; readonly space: Space }
    result: Dropped
  }
  rank: { input: Question; result: Answer }
  measure: { input: MeasureRequest; result: Measured }
}

/** The functions of the worker that draws. */
export interface FigureCalls {
  draw: { input: { readonly spec: PlotSpec; readonly width?: number | undefined }; result: string }
}

/** How far a call is, and what it is doing. */
export interface CallProgress extends Progress {
  readonly text: string
}

export interface Request {
  readonly id: number
  readonly name: string
  readonly input: unknown
}

/** What went wrong: the code where it is a KairosError. */
export interface Failure {
  readonly message: string
  readonly code?: string
}

export type Reply =
  | { readonly id: number; readonly kind: 'done'; readonly result: unknown }
  | { readonly id: number; readonly kind: 'failed'; readonly failure: Failure }
  | ({ readonly id: number; readonly kind: 'progress' } & CallProgress)
