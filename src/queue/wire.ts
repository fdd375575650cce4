/** Jobs as they travel: a few hundred bytes each, with hashes in the place of workloads. */
import { POLICIES, policyOf } from '../dispatch/policies.ts'
import { digestOf } from '../model/digest.ts'
import { refuseUsage } from '../model/errors.ts'
import { recentlyUsed } from '../model/recently-used.ts'
import type { StoredTrace } from '../model/trace/stored-trace.ts'
import type { Trace } from '../model/trace/trace.ts'
import { checkWorkload, type Workload } from '../model/workload/workload.ts'
import type { GeneratedQueries, ReplayJob, SingleReplayJob } from '../replay/jobs.ts'
import { pack, unpack } from './pack.ts'
import { packTrace, unpackTrace } from './trace-content.ts'

/** A job with hashes in the place of content. */
export type WireJob = Omit<ReplayJob, 'workload' | 'policy' | 'load' | 'stored'> & {
  /** The hash of the packed workload. */
  readonly workload: string
  readonly policy: string
  /** Of a replay: how its queries are generated, the hash of its packed trace, or where its trace is stored. */
  readonly load?: GeneratedQueries | StoredTrace | string
}

/** A job ready to be sent, and the id by which it is found again. */
export interface EncodedJob {
  readonly id: string
  readonly data: WireJob
}

/** Stores content that jobs share, and returns its hash. @param known its hash, where it was stored before */
type Put = (make: () => Promise<Buffer>, known?: string) => Promise<string>
/** Finds content by its hash. */
export type Get = (hash: string) => Promise<Buffer>
/** Finds a trace on shared storage. */
type Find = (stored: StoredTrace) => Promise<Trace>

/** Workloads that a worker keeps. */
const KEPT_WORKLOADS = 32

/** Traces that a worker keeps: jobs of one trace follow each other. */
const KEPT_TRACES = 4

/** Bytes of stored traces that a worker keeps, as they are in memory: a packed file is much smaller. */
const KEPT_BYTES = 2 ** 30

/** Encodes jobs of one engine. */
interface JobEncoder {
  /**
   * Jobs that would return the same have the same id: a hash of all that the result depends on. Stores their content.
   *
   * @throws KairosError BAD_USAGE for a policy that is not one of POLICIES: code does not travel
   */
  encode(jobs: readonly ReplayJob[]): Promise<EncodedJob[]>
  /** Stores the content of jobs where the server has lost it. */
  restore(jobs: readonly ReplayJob[]): Promise<void>
}

export function jobEncoder(engine: string, put: Put): JobEncoder {
  const hashes = new WeakMap<object, string>()
  const storing = new Map<object, Promise<string>>()
  const digest = onceForEach(async (trace: Trace) => digestOf(trace))
  const store = async <Content extends object>(item: Content, make: (item: Content) => Promise<Buffer>) => {
    const putting = storing.get(item) ?? put(() => make(item), hashes.get(item))
    storing.set(item, putting)
    hashes.set(item, await putting.finally(() => storing.delete(item)))
  }
  const restore = async (jobs: readonly ReplayJob[]) => {
    const workloads = new Set(jobs.map(({ workload }) => workload))
    const traces = new Set(jobs.flatMap((job) => travellingTrace(job) ?? []))
    await Promise.all([
      ...[...workloads].map((each) => store(each, async (workload) => Buffer.from(pack(workload)))),
      ...[...traces].map((each) => store(each, packTrace)),
    ])
  }
  const encoded = async (job: ReplayJob): Promise<EncodedJob> => {
    const { kernel = 'wasm' } = job
    const { load, stored, ...rest } = job as ReplayJob & Partial<Pick<SingleReplayJob, 'load' | 'stored'>>
    const trace = traceOf(job)
    const common = { ...rest, kernel, policy: policyName(job), workload: hashes.get(job.workload)! }
    const travels = trace ? (stored ?? hashes.get(trace)!) : load
    const data = { ...common, ...(travels && { load: travels }) } as WireJob
    // the result is that of the queries, however they travel
    const same = trace ? { ...data, load: await digest(trace) } : data
    return { id: digestOf({ engine, ...same }), data }
  }
  return {
    restore,
    async encode(jobs) {
      jobs.forEach(policyName)
      await restore(jobs)
      return Promise.all(jobs.map(encoded))
    },
  }
}

function traceOf(job: ReplayJob): Trace | undefined {
  const { load } = job as Partial<SingleReplayJob>
  return load !== undefined && 'arrivalMs' in load ? load : undefined
}

/** The trace of a job that workers do not find on shared storage. */
function travellingTrace(job: ReplayJob): Trace | undefined {
  return (job as Partial<SingleReplayJob>).stored === undefined ? traceOf(job) : undefined
}

/** A function whose result for an object is kept. */
function onceForEach<Item extends object, Result>(
  make: (item: Item) => Promise<Result>,
): (item: Item) => Promise<Result> {
  const made = new WeakMap<Item, Promise<Result>>()
  return (item) => {
    const result = made.get(item) ?? make(item)
    made.set(item, result)
    return result
  }
}

function policyName({ policy }: ReplayJob): string {
  if (typeof policy === 'object' && !POLICIES.includes(policy)) {
    const cure = 'a queue takes the policies that come with the package, by their names'
    refuseUsage('policy', 'is code, which does not travel to workers', cure)
  }
  return policyOf(policy).name
}

/** Decodes jobs. Workloads and traces are kept for the next jobs. */
export function jobDecoder(get: Get, find: Find): (data: WireJob) => Promise<ReplayJob> {
  const workloadOf = keeping(KEPT_WORKLOADS, async (hash: string) => {
    const workload = unpack((await get(hash)).toString()) as Workload
    checkWorkload(workload)
    return workload
  })
  const traceOf = keeping(KEPT_TRACES, async (hash: string) => unpackTrace(await get(hash)))
  const storedTraceOf = keeping(
    KEPT_BYTES,
    find,
    ({ arrivalMs, batchSize }) => arrivalMs.byteLength + batchSize.byteLength,
  )
  const loadOf = async (load: WireJob['load']) => {
    if (typeof load === 'string') return traceOf(load)
    return load !== undefined && 'sha256' in load ? storedTraceOf(load) : load
  }
  return async (data) => {
    const workload = await workloadOf(data.workload)
    const load = await loadOf(data.load)
    return { ...data, workload, ...(load && { load }) } as ReplayJob
  }
}

/** Loads content by its name, keeps what was used last up to a total size, and forgets what cannot be loaded. */
function keeping<Name, Content>(
  most: number,
  load: (name: Name) => Promise<Content>,
  sizeOf: (content: Content) => number = () => 1,
): (name: Name) => Promise<Content> {
  const kept = recentlyUsed(most, ({ size }: { size: number; content: Promise<Content> }) => size)
  return async (name) => {
    const key = JSON.stringify(name)
    try {
      // the size is not known before
      const loading = kept.get(key, () => ({ size: 0, content: load(name) }))
      const content = await loading.content
      if (loading.size === 0) {
        kept.forget(key)
        kept.get(key, () => ({ size: sizeOf(content), content: loading.content }))
      }
      return content
    } catch (error) {
      kept.forget(key)
      throw error
    }
  }
}

/** A job in words, for messages. */
export function describeJob({ kind, counts, policy, seed }: WireJob): string {
  return `${kind} of ${counts.join()} under ${policy}, seed ${seed}`
}
