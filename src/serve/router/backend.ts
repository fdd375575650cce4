import { type Client, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import type { FleetServer } from '../../model/fleet.ts'
import { ask, type ClientTls, call, connect, wordsOf } from '../connect.ts'
import { HEALTH, health } from '../protocols/health.ts'
import { inference, type ModelMetadata } from '../protocols/inference.ts'
import { raw } from '../protocols/package.ts'
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
import type { Backend, Job, Protocol, Reply } from './job.ts'
import { inferenceFromReply, jobToInference, replyFromInference } from './translate.ts'

export interface BackendOptions {
  /** What clients call the model. */
  readonly model: string
  readonly tls?: ClientTls | undefined
  readonly maxMessageBytes: number
}

/** A live server that can also be asked about its model. */
export interface GrpcBackend extends Backend {
  /** Undefined where it speaks no Open Inference Protocol. */
  metadata(): ModelMetadata | undefined
}

const serve = raw(scheduler.Serve)
const infer = raw(inference.ModelInfer)

/** Statuses that are the fault of a server, or of the way to it; the rest is what it makes of the request. */
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

/** Those that say that nobody is there. */
const GONE = new Set([status.UNAVAILABLE, status.CANCELLED, status.DEADLINE_EXCEEDED])

/** Header fields of a connection, which are not passed on. */
const OF_THE_CONNECTION = [
  'user-agent',
  'grpc-accept-encoding',
  'accept-encoding',
  'grpc-timeout',
  'te',
  'content-type',
]

/**
 * A server behind gRPC. What it speaks is found out by its first check; a request in the other protocol is
 * translated, one in its own is passed on byte by byte.
 */
export function openGrpcBackend(server: FleetServer, options: BackendOptions): GrpcBackend {
  const client = connect(server.address, { tls: options.tls, maxMessageBytes: options.maxMessageBytes })
  const model = server.model ?? options.model
  let speaks: readonly Protocol[] | undefined
  let metadata: ModelMetadata | undefined

  return {
    metadata: () => metadata,
    send(job, waitedMs, timeoutMs, replied) {
      const protocol = speaks?.includes(job.protocol) ? job.protocol : (speaks?.[0] ?? job.protocol)
      const passed = { timeoutMs, metadata: passedOn(job.metadata) }
      const answered =
        (answer: (bytes: Buffer) => Buffer) => (error: ServiceError | null, bytes?: Buffer) => {
          replied(error ? failureOf(error) : answerOf(answer, bytes!))
        }
      if (protocol === 'scheduler') {
        const { qWait } = job.protocol === 'scheduler' ? readJob(job.request) : { qWait: 0 }
        const request = writeJob(Math.ceil(job.batch), qWait + waitedMs)
        const answer = job.protocol === 'scheduler' ? checkedReply : toInference(job, options.model)
        return ask(client, serve, request, passed, answered(answer))
      }
      if (job.protocol === 'scheduler') {
        const startMs = performance.now()
        const request = jobToInference(metadata!, Math.ceil(job.batch))
        const { qWait } = readJob(job.request)
        const answer = (bytes: Buffer) => {
          checkInferResponse(bytes)
          return replyFromInference(performance.now() - startMs, qWait + waitedMs)
        }
        return ask(client, infer, request, passed, answered(answer))
      }
      const request = model === options.model ? job.request : withModel(job.request, model)
      return ask(client, infer, request, passed, answered(checkedInference))
    },
    async check(timeoutMs) {
      try {
        const trouble = await healthOf(client, timeoutMs)
        if (trouble !== undefined) return trouble
        speaks ??= await protocolsOf(client, timeoutMs)
        if (!speaks.includes('inference')) return undefined
        const asked = { name: model, version: '' }
        const { ready } = await call(client, inference.ModelReady, asked, { timeoutMs })
        if (!ready) return `the model "${model}" is not ready`
        metadata ??= await call(client, inference.ModelMetadata, asked, { timeoutMs })
        return undefined
      } catch (error) {
        return wordsOf(error as Error)
      }
    },
    close: () => client.close(),
  }
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
  if (!(await implemented(call(client, inference.ServerLive, {}, { timeoutMs })))) return ['scheduler']
  // nothing to serve: a server of this protocol refuses it at once
  const asked = call(client, scheduler.Serve, { batch: 0, qWait: 0 }, { timeoutMs })
  return (await implemented(asked)) ? ['inference', 'scheduler'] : ['inference']
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

function answerOf(answer: (bytes: Buffer) => Buffer, bytes: Buffer): Reply {
  try {
    return { kind: 'answer', response: answer(bytes) }
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return { kind: 'failure', code: status.INTERNAL, details: 'the server answered garbage', gone: false }
  }
}

function failureOf(error: ServiceError): Reply {
  const { code } = error
  if (!FAILURES.has(code)) return { kind: 'refusal', code, details: error.details }
  return { kind: 'failure', code, details: wordsOf(error), gone: GONE.has(code) }
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

function passedOn(metadata: Metadata | undefined): Metadata {
  const passed = metadata?.clone() ?? new Metadata()
  for (const name of OF_THE_CONNECTION) passed.remove(name)
  return passed
}
