import { type Client, type ClientUnaryCall, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { ask, type CallOptions, type ClientTls, call, connect, wordsOf } from '../grpc/connect.ts'
import { HEALTH, health } from '../protocols/health.ts'
import { inference, type ModelMetadata } from '../protocols/inference.ts'
import { raw, type Unary } from '../protocols/package.ts'
import { scheduler } from '../protocols/scheduler.ts'
import {
  checkInferResponse,
  checkReply,
  MalformedMessage,
  readInferId,
  readJob,
  withModel,
  writeJob,
} from '../protocols/wire.ts'
import type { Backend, Fault, Job, Protocol, Reply } from './job.ts'
import { answerWords, requestWords } from './passed-metadata.ts'
import { inferenceFromReply, jobToInference, replyFromInference } from './translate.ts'

export interface BackendOptions {
  /** What clients call the model. */
  readonly model: string
  readonly tls?: ClientTls | undefined
  readonly maxMessageBytes: number
}

/** A live server that can also be asked about its model. */
export interface GrpcBackend extends Backend {
  /** Undefined where it speaks no Open Inference Protocol, or does not tell. */
  metadata(): ModelMetadata | undefined
}

const serve = raw(scheduler.Serve)
const infer = raw(inference.ModelInfer)

/** Statuses after which another server may do better; the rest is what a server makes of the request. */
const FAILURES = new Set([
  status.UNAVAILABLE,
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.UNKNOWN,
  status.DATA_LOSS,
  status.UNIMPLEMENTED,
  status.RESOURCE_EXHAUSTED,
])

/** What they mean where no server has said them, but the connection to it. */
const FAULTS: Readonly<Partial<Record<status, Fault>>> = {
  [status.UNAVAILABLE]: 'gone',
  [status.CANCELLED]: 'gone',
  [status.DEADLINE_EXCEEDED]: 'hung',
}

/** How the library tells that an answer that had begun never ended, and that a message is beyond its limit. */
const CUT = /^(Connection dropped|Received RST_STREAM)/
const TOO_LARGE = /^(Received|Attempted to send) message /

/**
 * A server behind gRPC. What it speaks is found out by its checks; a request in the other protocol is translated,
 * one in its own is passed on byte by byte.
 */
export function openGrpcBackend(server: FleetServer, options: BackendOptions): GrpcBackend {
  const client = connect(server.address, { tls: options.tls, maxMessageBytes: options.maxMessageBytes })
  const model = server.model ?? options.model
  let speaks: readonly Protocol[] | undefined
  let metadata: ModelMetadata | undefined
  /** Whether it may be another program by the next check. */
  let doubtful = false

  function pass(
    method: Unary<Buffer, Buffer>,
    request: Buffer,
    passed: CallOptions,
    answer: (bytes: Buffer) => Buffer,
    replied: (reply: Reply) => void,
  ) {
    return askWhole(client, method, request, passed, (error, bytes, headers, trailers) => {
      const reply = error ? failureOf(error, headers, trailers) : answerOf(answer, bytes!, headers, trailers)
      if (reply.kind === 'failure' && (reply.fault !== 'answered' || reply.code === status.UNIMPLEMENTED)) {
        doubtful = true
      }
      replied(reply)
    })
  }

  function send(job: Job, waitedMs: number, timeoutMs: number, replied: (reply: Reply) => void) {
    const protocol = speaks?.includes(job.protocol) ? job.protocol : (speaks?.[0] ?? job.protocol)
    const passed = { timeoutMs, metadata: requestWords(job.metadata) }
    if (protocol === 'scheduler') {
      const { qWait } = job.protocol === 'scheduler' ? readJob(job.request) : { qWait: 0 }
      const request = writeJob(Math.ceil(job.batch), qWait + waitedMs)
      const answer = job.protocol === 'scheduler' ? checkedReply : toInference(job, options.model)
      return pass(serve, request, passed, answer, replied)
    }
    if (job.protocol === 'scheduler') {
      const startMs = performance.now()
      const request = jobToInference(metadata, model, Math.ceil(job.batch))
      const { qWait } = readJob(job.request)
      const answer = (bytes: Buffer) => {
        checkInferResponse(bytes)
        return replyFromInference(performance.now() - startMs, qWait + waitedMs)
      }
      return pass(infer, request, passed, answer, replied)
    }
    const request = model === options.model ? job.request : withModel(job.request, model)
    return pass(infer, request, passed, checkedInference, replied)
  }

  return {
    metadata: () => metadata,
    send(job, waitedMs, timeoutMs, replied) {
      try {
        return send(job, waitedMs, timeoutMs, replied)
      } catch (error) {
        // a request that this server cannot be asked in its own protocol
        return soon(() => replied(unsent(error as Error)))
      }
    },
    async check(timeoutMs) {
      try {
        const asked = { name: model, version: '' }
        // all at once: a connection may not live for long
        const [trouble, spoken, state] = await Promise.all([
          healthOf(client, timeoutMs),
          speaks === undefined || doubtful ? protocolsOf(client, timeoutMs) : speaks,
          optional(call(client, inference.ModelReady, asked, { timeoutMs })),
        ])
        if (trouble !== undefined) return trouble
        if (state?.ready === false) return `the model "${model}" is not ready`
        if (spoken.includes('inference')) {
          metadata = await optional(call(client, inference.ModelMetadata, asked, { timeoutMs }))
        }
        speaks = spoken
        doubtful = false
        return undefined
      } catch (error) {
        doubtful = true
        return wordsOf(error as Error)
      }
    },
    close: () => client.close(),
  }
}

/** Asks, and tells the answer with what the server says beside it, exactly once. */
function askWhole(
  client: Client,
  method: Unary<Buffer, Buffer>,
  request: Buffer,
  options: CallOptions,
  answer: (
    error: ServiceError | null,
    bytes: Buffer | undefined,
    headers: Metadata | undefined,
    trailers: Metadata,
  ) => void,
): ClientUnaryCall {
  let headers: Metadata | undefined
  let error: ServiceError | null = null
  let bytes: Buffer | undefined
  const running = ask(client, method, request, options, (failure, response) => {
    error = failure
    bytes = response
  })
  running.on('metadata', (received) => {
    headers = received
  })
  // comes last, behind the answer
  running.on('status', ({ metadata }) => answer(error, bytes, headers, metadata ?? new Metadata()))
  return running
}

function soon(work: () => void): { cancel(): void } {
  const timer = setImmediate(work)
  return { cancel: () => clearImmediate(timer) }
}

/** What keeps a server from serving, by the health protocol; one without it is well if it says so. */
async function healthOf(client: Client, timeoutMs: number): Promise<string | undefined> {
  try {
    const answer = await call(client, health.Check, { service: '' }, { timeoutMs })
    return answer.status === HEALTH.serving ? undefined : 'it says that it does not serve'
  } catch (error) {
    const { code } = error as ServiceError
    if (code === status.UNIMPLEMENTED || code === status.NOT_FOUND) return undefined
    throw error
  }
}

async function protocolsOf(client: Client, timeoutMs: number): Promise<readonly Protocol[]> {
  const [infers, serves] = await Promise.all([
    implemented(call(client, inference.ServerLive, {}, { timeoutMs })),
    // nothing to serve: a server of this protocol refuses it at once
    implemented(call(client, scheduler.Serve, { batch: 0, qWait: 0 }, { timeoutMs })),
  ])
  if (!infers) return ['scheduler']
  return serves ? ['inference', 'scheduler'] : ['inference']
}

function implemented(asked: Promise<unknown>): Promise<boolean> {
  return asked.then(
    () => true,
    (error: ServiceError) => {
      if (error.code === status.UNAVAILABLE) throw error
      return error.code !== status.UNIMPLEMENTED
    },
  )
}

/** The answer to a question that not every server takes. */
function optional<Response>(asked: Promise<Response>): Promise<Response | undefined> {
  return asked.catch((error: ServiceError) => {
    if (error.code === status.UNIMPLEMENTED) return undefined
    throw error
  })
}

function answerOf(
  answer: (bytes: Buffer) => Buffer,
  bytes: Buffer,
  headers: Metadata | undefined,
  trailers: Metadata,
): Reply {
  try {
    const words = { headers: answerWords(headers), trailers: answerWords(trailers) }
    return { kind: 'answer', response: answer(bytes), ...words }
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return { kind: 'failure', code: status.INTERNAL, details: 'the server answered garbage', fault: 'broken' }
  }
}

function failureOf(error: ServiceError, headers: Metadata | undefined, trailers: Metadata): Reply {
  const { code, details } = error
  const words = { code, headers: answerWords(headers), trailers: answerWords(trailers) }
  // a message that is too large for this side is so for any server
  const tooLarge = code === status.RESOURCE_EXHAUSTED && TOO_LARGE.test(details)
  if (tooLarge || !FAILURES.has(code)) return { kind: 'refusal', ...words, details }
  // who answers says of which type the answer is, before its status or with it
  const begun = headers !== undefined && code !== status.DEADLINE_EXCEEDED && !CUT.test(details)
  if (begun || trailers.get('content-type').length > 0) {
    return { kind: 'failure', ...words, details, fault: 'answered' }
  }
  return { kind: 'failure', code, details: wordsOf(error), fault: FAULTS[code] ?? 'broken' }
}

function unsent(error: Error): Reply {
  if (error instanceof KairosError) {
    return { kind: 'refusal', code: status.FAILED_PRECONDITION, details: error.message }
  }
  return { kind: 'failure', code: status.UNAVAILABLE, details: wordsOf(error), fault: 'gone' }
}

function checkedReply(bytes: Buffer): Buffer {
  checkReply(bytes)
  return bytes
}

function checkedInference(bytes: Buffer): Buffer {
  checkInferResponse(bytes)
  return bytes
}

function toInference(job: Job, model: string) {
  return (bytes: Buffer) => {
    checkReply(bytes)
    return inferenceFromReply(bytes, model, readInferId(job.request), Math.ceil(job.batch))
  }
}
