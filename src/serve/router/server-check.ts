import { status } from '@grpc/grpc-js'
import type { Channel } from '../grpc/channel.ts'
import { callMethod, GrpcError } from '../grpc/remote-method.ts'
import { NO_HTTP2 } from '../grpc/session.ts'
import { HEALTH, health } from '../protocols/health.ts'
import { inference, type ModelMetadata } from '../protocols/inference.ts'
import type { GrpcProtocols, ProtocolName } from '../protocols/registry.ts'
import type { RestServer } from './rest-server.ts'

/** What a check finds out about a server. */
export interface Inspection {
  /** Why the server cannot serve; undefined if it can. */
  readonly problem?: string
  readonly speaks: readonly ProtocolName[]
  /** What it says of its model, if it speaks the Open Inference Protocol. */
  readonly metadata?: ModelMetadata | undefined
}

/** A server as it is asked over gRPC and over HTTP. */
export interface InspectedServer {
  readonly channel: Channel
  readonly rest: RestServer
  readonly protocols: GrpcProtocols
}

/**
 * Checks a server: by the health protocol, by the readiness of its model, and, if they are not known yet, by calls
 * that show which protocols it speaks. A server that lacks the health protocol or ModelReady passes that part.
 *
 * @param known the protocols that it speaks; undefined if unknown
 * @throws GrpcError if it cannot be reached or does not answer
 */
export async function inspectServer(
  server: InspectedServer,
  model: string,
  known: readonly ProtocolName[] | undefined,
  timeoutMs: number,
): Promise<Inspection> {
  const { channel, rest, protocols } = server
  if (known?.includes('rest')) return inspectRest(rest, model, timeoutMs)
  const asked = { name: model, version: '' }
  try {
    // all at once: the connection may be short-lived
    const [problem, speaks, readiness] = await Promise.all([
      healthProblem(channel, timeoutMs),
      known ?? spokenBy(channel, protocols, timeoutMs),
      unlessUnimplemented(callMethod(channel, inference.ModelReady, asked, timeoutMs)),
    ])
    if (problem !== undefined) return { problem, speaks }
    if (readiness?.ready === false) return { problem: `the model "${model}" is not ready`, speaks }
    if (!speaks.includes('inference')) return { speaks }
    const metadata = await unlessUnimplemented(callMethod(channel, inference.ModelMetadata, asked, timeoutMs))
    return { speaks, metadata }
  } catch (error) {
    // a port that does not speak gRPC may be one of HTTP
    if (error instanceof GrpcError && error.details.includes(NO_HTTP2) && (await rest.isAlive(timeoutMs))) {
      return inspectRest(rest, model, timeoutMs)
    }
    throw error
  }
}

async function inspectRest(rest: RestServer, model: string, timeoutMs: number): Promise<Inspection> {
  const problem = await rest.check(model, timeoutMs)
  return problem === undefined ? { speaks: ['rest'] } : { problem, speaks: ['rest'] }
}

async function healthProblem(channel: Channel, timeoutMs: number): Promise<string | undefined> {
  try {
    const answer = await callMethod(channel, health.Check, { service: '' }, timeoutMs)
    return answer.status === HEALTH.serving ? undefined : 'its health service reports that it is not serving'
  } catch (error) {
    const { code } = error as GrpcError
    if (code === status.UNIMPLEMENTED || code === status.NOT_FOUND) return undefined
    throw error
  }
}

/** The protocols of a server. One that seems to speak none gets requests of the published scripts. */
async function spokenBy(
  channel: Channel,
  protocols: GrpcProtocols,
  timeoutMs: number,
): Promise<readonly ProtocolName[]> {
  const names = [...protocols.keys()]
  const implemented = await Promise.all(
    Array.from(protocols.values(), ({ probe }) => {
      if (probe === undefined) return true
      return isImplemented(callMethod(channel, probe.method, probe.request, timeoutMs))
    }),
  )
  const spoken = names.filter((_, i) => implemented[i])
  return spoken.length > 0 ? spoken : ['scheduler']
}

function isImplemented(asked: Promise<unknown>): Promise<boolean> {
  return asked.then(
    () => true,
    (error: GrpcError) => {
      if (error.code === status.UNAVAILABLE) throw error
      return error.code !== status.UNIMPLEMENTED
    },
  )
}

function unlessUnimplemented<Response>(asked: Promise<Response>): Promise<Response | undefined> {
  return asked.catch((error: GrpcError) => {
    if (error.code === status.UNIMPLEMENTED) return undefined
    throw error
  })
}
