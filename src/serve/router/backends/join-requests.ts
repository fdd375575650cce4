/** Which requests of a batch are joined into one. */
import type { Headers } from '../../grpc/headers.ts'
import { inferenceMerger } from '../../protocols/inference-merging.ts'
import type { Encoded, Merger, Part } from '../../protocols/merging.ts'
import type { ProtocolName } from '../../protocols/registry.ts'
import { JSON_LENGTH } from '../../protocols/rest.ts'
import { restMerger } from '../../protocols/rest-merging.ts'
import type { Answer, Payload } from '../job.ts'

/** Protocols whose requests can be joined. */
const MERGERS: Readonly<Partial<Record<ProtocolName, Merger>>> = {
  inference: inferenceMerger,
  rest: restMerger,
}

/** Headers that name a call or its way: where they differ, the joined request has none. */
const OF_ONE_CALL =
  /^(traceparent|tracestate|baggage|b3|x-b3-.*|x-request-id|x-correlation-id|forwarded|x-forwarded-.*|x-real-ip)$/

/** A request that may be joined with others of the same key. */
export interface Joinable {
  readonly payload: Payload
  readonly part: Part
  readonly key: string
}

/** Undefined for a request that is sent alone. */
export function joinable(payload: Payload): Joinable | undefined {
  const { protocol, version } = payload
  const part = MERGERS[protocol]?.read(encodedOf(payload.request, payload.headers))
  if (part === undefined) return undefined
  const headers = Object.entries(payload.headers ?? {}).filter(
    ([name]) => !OF_ONE_CALL.test(name) && name !== JSON_LENGTH,
  )
  const key = JSON.stringify([protocol, version, part.key, headers.sort()])
  return { payload, part, key }
}

/** Several requests with the same key, joined into one. */
export function joinedRequest(requests: readonly Joinable[]): Payload {
  const [{ payload }] = requests
  const { protocol, version } = payload
  const { bytes, jsonLength } = MERGERS[protocol]!.join(requests.map(({ part }) => part))
  const common = Object.entries(payload.headers ?? {}).filter(([name, value]) => {
    const isCommon = requests.every((one) => String(one.payload.headers?.[name]) === String(value))
    return isCommon && name !== JSON_LENGTH
  })
  const headers: Headers = Object.fromEntries(
    jsonLength === undefined ? common : [...common, [JSON_LENGTH, jsonLength]],
  )
  const batch = requests.reduce((sum, { part }) => sum + part.items, 0)
  return { protocol, request: bytes, headers, batch, version }
}

/** The answer to each of some joined requests; undefined if they cannot be told apart. */
export function dividedAnswer(requests: readonly Joinable[], answer: Answer): Answer[] | undefined {
  const merger = MERGERS[requests[0].payload.protocol]!
  const divided = merger.split(
    encodedOf(answer.response, answer.headers),
    requests.map(({ part }) => part),
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
