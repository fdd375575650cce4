/** Jobs as they travel: a few hundred bytes each, with hashes in the place of workloads. */
import { POLICIES, policyOf } from '../dispatch/policies.ts'
import { digestOf } from '../model/digest.ts'
import { KairosError } from '../model/errors.ts'
import { recentlyUsed } from '../model/recently-used.ts'
import { checkWorkload, type Workload } from '../model/workload.ts'
import type { ReplayJob } from '../replay/jobs.ts'
import { pack, unpack } from './pack.ts'

/** A job with its workload in the place of content. */
export type WireJob = Omit<ReplayJob, 'workload' | 'policy'> & {
  /** The hash of the packed workload. */
  readonly workload: string
  readonly policy: string
}

/** A job ready to be sent, and the id by which it is found again. */
export interface EncodedJob {
  readonly id: string
  readonly data: WireJob
}

/** Stores content that jobs share, and returns its hash. */
export type Put = (bytes: Buffer) => Promise<string>
/** Finds content by its hash. */
export type Get = (hash: string) => Promise<Buffer>

/** Workloads that a worker keeps. */
const KEPT_WORKLOADS = 32

/**
 * Encodes jobs of one engine. Jobs that would return the same have the same id: a hash of all that the result depends on.
 *
 * @throws KairosError BAD_USAGE for a policy that is not one of POLICIES: code does not travel
 */
export function jobEncoder(engine: string, put: Put): (job: ReplayJob) => Promise<EncodedJob> {
  const hashes = new WeakMap<Workload, Promise<string>>()
  const hashed = (workload: Workload): Promise<string> => {
    const hash = hashes.get(workload) ?? put(Buffer.from(pack(workload)))
    hashes.set(workload, hash)
    return hash
  }
  return async (job) => {
    const { kernel = 'wasm' } = job
    const data: WireJob = { ...job, kernel, policy: policyName(job), workload: await hashed(job.workload) }
    return { id: digestOf({ engine, ...data }), data }
  }
}

function policyName({ policy }: ReplayJob): string {
  if (typeof policy === 'object' && !POLICIES.includes(policy)) {
    const cure = 'a queue takes the policies that come with the package, by their names'
    throw new KairosError('BAD_USAGE', 'is code, which does not travel to workers', { field: 'policy' }, cure)
  }
  return policyOf(policy).name
}

/** Decodes jobs. Workloads are kept for the next jobs. */
export function jobDecoder(get: Get): (data: WireJob) => Promise<ReplayJob> {
  const workloads = recentlyUsed(KEPT_WORKLOADS, (_: Promise<Workload>) => 1)
  const load = async (hash: string) => {
    const workload = unpack((await get(hash)).toString()) as Workload
    checkWorkload(workload)
    return workload
  }
  return async (data) => {
    const loading = workloads.get(data.workload, () => load(data.workload))
    try {
      return { ...data, workload: await loading } as ReplayJob
    } catch (error) {
      workloads.forget(data.workload)
      throw error
    }
  }
}

/** A job in words, for messages. */
export function describeJob({ kind, counts, policy, seed }: WireJob): string {
  return `${kind} of ${counts.join()} under ${policy}, seed ${seed}`
}
