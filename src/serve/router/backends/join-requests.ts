/** Which requests of a batch are joined into one. */
import type { Headers } from '../../grpc/headers.ts'
import { inferenceMerger } from '../../protocols/inference-merging.ts'
import type { Encoded, Merger, Part } from '../../protocols/merging.ts'
import type { ProtocolName } from '../../protocols/registry.ts'
import { JSON_LENGTH } from '../../protocols/rest.ts'
import { restMerger } from '../../protocols/rest-merging.ts'
import type { Answer, Job } from '../job.ts'

/** Protocols whose requests can be joined. */
const MERGERS: Readonly<Partial<Record<ProtocolName, Merger>>> = {
  inference: inferenceMerger,
  rest: restMerger,
}

/** Headers that name a call or its way: where they differ, the joined request has none. */
const OF_ONE_CALL =
  /^(traceparent|tracestate|baggage|b3|x-b3-.*|x-request-id|x-correlation-id|forwarded|x-forwarded-.*|x-real-ip)$/

/** A job that may be joined with others of the same key. */
export interface JoinableJob {
  readonly job: Job
  readonly part: Part
  readonly key: string
}

/** Undefined for a job that is sent alone. */
export function joinable(job: Job): JoinableJob | undefined {
  const part = MERGERS[job.protocol]?.read(encodedOf(job.request, job.headers))
  if (part === undefined) return undefined
  const headers = Object.entries(job.headers ?? {}).filter(
    ([name]) => !OF_ONE_CALL.test(name) && name !== JSON_LENGTH,
  )
  const key = JSON.stringify([job.protocol, job.version, part.key, headers.sort()])
  return { job, part, key }
}

/** The joined request of several jobs with the same key. */
export function joinedJob(jobs: readonly JoinableJob[]): Job {
  const [{ job }] = jobs
  const { bytes, jsonLength } = MERGERS[job.protocol]!.join(jobs.map(({ part }) => part))
  const common = Object.entries(job.headers ?? {}).filter(([name, value]) => {
    const isCommon = jobs.every((one) => String(one.job.headers?.[name]) === String(value))
    return isCommon && name !== JSON_LENGTH
  })
  const headers: Headers = Object.fromEntries(
    jsonLength === undefined ? common : [...common, [JSON_LENGTH, jsonLength]],
  )
  return {
    ...job,
    request: bytes,
    headers,
    batch: jobs.reduce((sum, { part }) => sum + part.items, 0),
    deadlineMs: jobs.reduce((last, one) => Math.max(last, one.job.deadlineMs), 0),
    settle: () => undefined,
  }
}

/** The answer to each of some joined jobs; undefined if they cannot be told apart. */
export function dividedAnswer(jobs: readonly JoinableJob[], answer: Answer): Answer[] | undefined {
  const merger = MERGERS[jobs[0].job.protocol]!
  const divided = merger.split(
    encodedOf(answer.response, answer.headers),
    jobs.map(({ part }) => part),
  )
  return divided?.map(({ bytes, jsonLength }) => ({
    ...answer,
    response: bytes,
    ...(jsonLength !== undefined && { headers: { ...answer.headers, [JSON_LENGTH]: jsonLength } }),
  }))
}

function encodedOf(bytes: Buffer, headers: Headers | undefined): Encoded {
  return { bytes, jsonLength: headers?.[JSON_LENGTH] as string | undefined }
}
