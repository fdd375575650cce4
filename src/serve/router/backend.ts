import { type Client, type ClientUnaryCall, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { ask, type CallOptions, type ClientTls, connect, describeError } from '../grpc/connect.ts'
import { requestMetadata, responseMetadata } from '../grpc/metadata.ts'
import type { Unary } from '../grpc/method.ts'
import { MalformedMessage } from '../protocols/fields.ts'
import type { ModelMetadata } from '../protocols/inference.ts'
import { type ProtocolName, ROUTED_PROTOCOLS, TRANSLATIONS } from '../protocols/registry.ts'
import type { RoutedProtocol } from '../protocols/routed-protocol.ts'
import type { Backend, Fault, Job, Reply } from './job.ts'
import { inspectServer } from './server-check.ts'

export interface BackendOptions {
  /** The clients' name of the model. */
  readonly model: string
  readonly tls?: ClientTls | undefined
  readonly maxMessageBytes: number
}

/** A server that can also be asked what its model takes and gives. */
export interface GrpcBackend extends Backend {
  /** Undefined if it does not speak the Open Inference Protocol, or does not say. */
  metadata(): ModelMetadata | undefined
}

/** Statuses after which another server may succeed. All others are about the request itself. */
const RETRYABLE = new Set([
  status.UNAVAILABLE,
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.UNKNOWN,
  status.DATA_LOSS,
  status.UNIMPLEMENTED,
  status.RESOURCE_EXHAUSTED,
])

/** The fault behind a status that comes from the connection, not from the server. */
const CONNECTION_FAULTS: Readonly<Partial<Record<status, Fault>>> = {
  [status.UNAVAILABLE]: 'gone',
  [status.CANCELLED]: 'gone',
  [status.DEADLINE_EXCEEDED]: 'hung',
}

/** Details of grpc-js for a response that was cut off after its headers, and for a message above its limit. */
const CUT_OFF = /^(Connection dropped|Received RST_STREAM)/
const TOO_LARGE = /^(Received|Attempted to send) message /

/**
 * A server behind gRPC. Its checks find out which protocols it speaks. A request in one of them passes byte by byte
 * (only the model is renamed, if the server has another name for it); others are translated.
 */
export function openGrpcBackend(server: FleetServer, options: BackendOptions): GrpcBackend {
  const client = connect(server.address, { tls: options.tls, maxMessageBytes: options.maxMessageBytes })
  const model = server.model ?? options.model
  let speaks: readonly ProtocolName[] | undefined
  let metadata: ModelMetadata | undefined
  /** Whether another program may have taken the address since the last check. */
  let mayHaveChanged = false

  function send(job: Job, waitedMs: number, timeoutMs: number, replied: (reply: Reply) => void) {
    const passed = { timeoutMs, metadata: requestMetadata(job.metadata) }
    const { protocol, request, responseFor } = messagesFor(job, waitedMs)
    return askWhole(client, protocol.method, request, passed, (error, response, headers, trailers) => {
      const reply = error
        ? errorReply(error, headers, trailers)
        : responseReply(responseFor, response!, headers, trailers)
      if (reply.kind === 'failure' && (reply.fault !== 'answered' || reply.code === status.UNIMPLEMENTED)) {
        mayHaveChanged = true
      }
      replied(reply)
    })
  }

  /** The request in a protocol of the server, and how its response becomes one in the protocol of the client. */
  function messagesFor(job: Job, waitedMs: number): Messages {
    const spoken = speaks?.includes(job.protocol) ? job.protocol : (speaks?.[0] ?? job.protocol)
    const protocol: RoutedProtocol = ROUTED_PROTOCOLS[spoken]
    if (spoken === job.protocol) {
      const renamed = model === options.model ? undefined : model
      const request = protocol.requestFor(job.request, { model: renamed, waitedMs })
      return {
        protocol,
        request,
        responseFor(response) {
          protocol.checkResponse(response)
          return response
        },
      }
    }
    const translation = TRANSLATIONS[job.protocol][spoken]
    if (translation === undefined) {
      throw new KairosError('BAD_MODEL', `its server speaks ${spoken}, not ${job.protocol}`)
    }
    const asked = { request: job.request, batch: job.batch, model: options.model, waitedMs }
    const sentMs = performance.now()
    return {
      protocol,
      request: translation.requestFor(asked, { model, metadata }),
      responseFor: (response) => translation.responseFor(asked, response, performance.now() - sentMs),
    }
  }

  return {
    metadata: () => metadata,
    send(job, waitedMs, timeoutMs, replied) {
      try {
        return send(job, waitedMs, timeoutMs, replied)
      } catch (error) {
        return soon(() => replied(unsentReply(error as Error)))
      }
    },
    async check(timeoutMs) {
      try {
        const known = mayHaveChanged ? undefined : speaks
        const found = await inspectServer(client, model, known, timeoutMs)
        if (found.problem !== undefined) return found.problem
        metadata = found.metadata
        speaks = found.speaks
        mayHaveChanged = false
        return undefined
      } catch (error) {
        mayHaveChanged = true
        return describeError(error as Error)
      }
    },
    close: () => client.close(),
  }
}

interface Messages {
  readonly protocol: RoutedProtocol
  readonly request: Buffer
  /** @throws MalformedMessage */
  responseFor(response: Buffer): Buffer
}

/** Starts a call; `answer` is called exactly once, with the metadata of the response. */
function askWhole(
  client: Client,
  method: Unary<Buffer, Buffer>,
  request: Buffer,
  options: CallOptions,
  answer: (
    error: ServiceError | null,
    response: Buffer | undefined,
    headers: Metadata | undefined,
    trailers: Metadata,
  ) => void,
): ClientUnaryCall {
  let headers: Metadata | undefined
  let error: ServiceError | null = null
  let response: Buffer | undefined
  const running = ask(client, method, request, options, (failure, received) => {
    error = failure
    response = received
  })
  running.on('metadata', (received) => {
    headers = received
  })
  // the last event of a call
  running.on('status', ({ metadata }) => answer(error, response, headers, metadata ?? new Metadata()))
  return running
}

function soon(work: () => void): { cancel(): void } {
  const timer = setImmediate(work)
  return { cancel: () => clearImmediate(timer) }
}

function responseReply(
  responseFor: Messages['responseFor'],
  bytes: Buffer,
  headers: Metadata | undefined,
  trailers: Metadata,
): Reply {
  try {
    const metadata = { headers: responseMetadata(headers), trailers: responseMetadata(trailers) }
    return { kind: 'answer', response: responseFor(bytes), ...metadata }
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    const details = 'the server sent an invalid response'
    return { kind: 'failure', code: status.INTERNAL, details, fault: 'broken' }
  }
}

function errorReply(error: ServiceError, headers: Metadata | undefined, trailers: Metadata): Reply {
  const { code, details } = error
  const own = { code, headers: responseMetadata(headers), trailers: responseMetadata(trailers) }
  // a message above the limit of this side is too large whatever the server
  const tooLarge = code === status.RESOURCE_EXHAUSTED && TOO_LARGE.test(details)
  if (tooLarge || !RETRYABLE.has(code)) return { kind: 'refusal', ...own, details }
  // a response has a content-type: in its headers, or in the trailers if it has no headers
  const hasBegun = headers !== undefined && code !== status.DEADLINE_EXCEEDED && !CUT_OFF.test(details)
  if (hasBegun || trailers.get('content-type').length > 0) {
    return { kind: 'failure', ...own, details, fault: 'answered' }
  }
  return { kind: 'failure', code, details: describeError(error), fault: CONNECTION_FAULTS[code] ?? 'broken' }
}

/** A request that could not be sent: it has no form in the server's protocol, or the connection is closed. */
function unsentReply(error: Error): Reply {
  if (error instanceof KairosError) {
    return { kind: 'refusal', code: status.FAILED_PRECONDITION, details: error.message }
  }
  return { kind: 'failure', code: status.UNAVAILABLE, details: describeError(error), fault: 'gone' }
}
