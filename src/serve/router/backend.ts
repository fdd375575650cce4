import { status } from '@grpc/grpc-js'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { type CallError, type CallResult, openChannel } from '../grpc/channel.ts'
import { GrpcError } from '../grpc/remote-method.ts'
import type { ChannelTls } from '../grpc/session.ts'
import { MalformedMessage } from '../protocols/fields.ts'
import type { ModelMetadata } from '../protocols/inference.ts'
import { type ProtocolName, ROUTED_PROTOCOLS, TRANSLATIONS } from '../protocols/registry.ts'
import type { RoutedProtocol } from '../protocols/routed-protocol.ts'
import type { Backend, Fault, Job, Reply } from './job.ts'
import { inspectServer } from './server-check.ts'

export interface BackendOptions {
  /** The clients' name of the model. */
  readonly model: string
  readonly tls?: ChannelTls | undefined
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

/** The fault behind an error, by who says so. */
const FAULTS: Readonly<Record<CallError['origin'], Fault>> = {
  server: 'answered',
  invalid: 'broken',
  connection: 'gone',
  deadline: 'hung',
  limit: 'broken',
}

/**
 * A server behind gRPC. Its checks find out which protocols it speaks. A request in one of them passes byte by byte
 * (only the model is renamed, if the server has another name for it); others are translated.
 */
export function openGrpcBackend(server: FleetServer, options: BackendOptions): GrpcBackend {
  const channel = openChannel(server.address, options)
  const model = server.model ?? options.model
  let speaks: readonly ProtocolName[] | undefined
  let metadata: ModelMetadata | undefined
  /** Whether another program may have taken the address since the last check. */
  let mayHaveChanged = false

  function send(job: Job, waitedMs: number, timeoutMs: number, replied: (reply: Reply) => void) {
    const { protocol, request, responseFor } = messagesFor(job, waitedMs)
    const asked = { path: protocol.method.path, message: request, headers: job.headers, timeoutMs }
    return channel.call(asked, (result) => {
      const reply = result.kind === 'error' ? errorReply(result) : responseReply(responseFor, result)
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
        const found = await inspectServer(channel, model, known, timeoutMs)
        if (found.problem !== undefined) return found.problem
        metadata = found.metadata
        speaks = found.speaks
        mayHaveChanged = false
        return undefined
      } catch (error) {
        mayHaveChanged = true
        return describe(error as Error)
      }
    },
    close: () => channel.close(),
  }
}

interface Messages {
  readonly protocol: RoutedProtocol
  readonly request: Buffer
  /** @throws MalformedMessage */
  responseFor(response: Buffer): Buffer
}

function soon(work: () => void): { cancel(): void } {
  const timer = setImmediate(work)
  return { cancel: () => clearImmediate(timer) }
}

function responseReply(
  responseFor: Messages['responseFor'],
  { message, headers, trailers }: Extract<CallResult, { kind: 'response' }>,
): Reply {
  try {
    return { kind: 'answer', response: responseFor(message), headers, trailers }
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    const details = 'the server sent an invalid response'
    return { kind: 'failure', code: status.INTERNAL, details, fault: 'broken' }
  }
}

function errorReply({ code, details, origin, headers, trailers }: CallError): Reply {
  // a message above the limit of this side is too large whatever the server
  if (origin === 'limit' || (origin === 'server' && !RETRYABLE.has(code))) {
    return { kind: 'refusal', code, details, headers, trailers }
  }
  return { kind: 'failure', code, details, headers, trailers, fault: FAULTS[origin] }
}

/** A request that could not be sent, because it has no form in the server's protocol. */
function unsentReply(error: Error): Reply {
  if (!(error instanceof KairosError)) throw error
  return { kind: 'refusal', code: status.FAILED_PRECONDITION, details: error.message }
}

/** The error of a failed call on one line. */
function describe(error: Error): string {
  return error instanceof GrpcError
    ? `${status[error.code]} ${error.details.replaceAll(/\s+/g, ' ')}`
    : error.message
}
