import type { Channel } from '../../grpc/client/channel.ts'
import { CallFailure, callMethod } from '../../grpc/client/remote-method.ts'
import { status } from '../../grpc/status.ts'
import { HEALTH, health } from '../../protocols/health.ts'
import { inference, type ModelMetadata } from '../../protocols/inference.ts'
import type { GrpcProtocols, ProtocolName } from '../../protocols/registry.ts'
import type { RestServer } from './rest-server.ts'

/** A server as it is asked over gRPC and over HTTP. */
interface InspectedServer {
  readonly channel: Channel
  readonly rest: RestServer
  readonly protocols: GrpcProtocols
}

type Known = ReturnType<typeof nothingKnown>

/** What is known of a server from earlier checks. Only `inspectServer` changes it. */
export function nothingKnown() {
  return {
    /** The protocols that it speaks; undefined if another program may have taken its address. */
    speaks: undefined as readonly ProtocolName[] | undefined,
    metadata: undefined as ModelMetadata | undefined,
    /** Checks since then that have passed. */
    passed: 0,
    /** After so many checks that have passed, a server that speaks HTTP is asked for gRPC again. */
    asksGrpcAt: FIRST_GRPC,
    /** Whether it lacks the health protocol, or ModelReady. */
    lacksHealth: false,
    lacksReady: false,
  }
}

/** Once in so many checks a server is asked again what its model takes and gives. */
const METADATA_EVERY = 60

/**
 * After so many checks a server that speaks HTTP is asked for gRPC again: it may have closed its first connections. The
 * distance then doubles each time, because servers of HTTP such as uvicorn log each of these connections as invalid.
 */
const FIRST_GRPC = 10

/**
 * Checks a server. The first time it is asked for everything: its health, the readiness of its model, what its model
 * takes and gives, and, by calls that show it, which protocols it speaks. Later checks ask one question, health and
 * readiness in turn, and the same one again until it passes. A server that lacks the health protocol or ModelReady
 * passes that part. Without the protocol `inference`, readiness is never asked, and every check asks for health.
 *
 * @returns why the server cannot serve; undefined if it can
 * @throws CallFailure if it cannot be reached or does not answer
 */
export async function inspectServer(
  server: InspectedServer,
  model: string,
  known: Known,
  timeoutMs: number,
): Promise<string | undefined> {
  if (known.speaks?.includes('rest')) {
    const problem = await server.rest.check(model, timeoutMs)
    if (problem !== undefined) return problem
    known.passed++
    if (known.passed < known.asksGrpcAt) return undefined
    known.asksGrpcAt *= 2
    const speaksGrpc = await askOverGrpc(server, timeoutMs).then(
      () => true,
      () => false,
    )
    if (!speaksGrpc) return undefined
    Object.assign(known, nothingKnown())
  }
  try {
    return await inspectOverGrpc(server, model, known, timeoutMs)
  } catch (error) {
    // a port that does not speak gRPC may be one of HTTP
    if (!(error instanceof CallFailure && error.speaksOther)) throw error
    const problem = await problemOverHttp(server, model, error, timeoutMs)
    if (problem === undefined) known.speaks = ['rest']
    return problem
  }
}

async function inspectOverGrpc(
  { channel, protocols }: InspectedServer,
  model: string,
  known: Known,
  timeoutMs: number,
): Promise<string | undefined> {
  const isFirst = known.speaks === undefined
  const isTurnOfHealth = known.passed % 2 === 0
  const asksReady =
    protocols.has('inference') && (isFirst || (!known.lacksReady && (!isTurnOfHealth || known.lacksHealth)))
  const asked = { name: model, version: '' }
  // all at once: the connection may be short-lived
  const [problem, speaks, readiness] = await Promise.all([
    isFirst || !asksReady ? healthProblem(channel, known, timeoutMs) : undefined,
    known.speaks ?? spokenBy(channel, protocols, timeoutMs),
    asksReady ? unlessUnimplemented(callMethod(channel, inference.ModelReady, asked, timeoutMs)) : undefined,
  ])
  if (asksReady && readiness === undefined) known.lacksReady = true
  if (problem !== undefined) return problem
  if (readiness?.ready === false) return `the model "${model}" is not ready`
  if (speaks.includes('inference') && known.passed % METADATA_EVERY === 0) {
    known.metadata = await unlessUnimplemented(callMethod(channel, inference.ModelMetadata, asked, timeoutMs))
  }
  known.speaks = speaks
  known.passed++
  return undefined
}

/**
 * Asks a server over HTTP.
 *
 * @param error says that it answers over gRPC with something else
 * @throws CallFailure if it answers over HTTP no more than over gRPC, or if it speaks gRPC after all
 */
async function problemOverHttp(
  server: InspectedServer,
  model: string,
  error: CallFailure,
  timeoutMs: number,
): Promise<string | undefined> {
  const { code, details, origin } = error
  const dead = await server.rest.whyDead(timeoutMs)
  if (dead !== undefined) {
    // what it may be is said only of a connection on which nothing was answered
    const isKnown = dead.speaksHttp && code === status.UNAVAILABLE
    const both = isKnown ? `it speaks HTTP, and ${dead.details}` : `${details}; over HTTP: ${dead.details}`
    throw new CallFailure({ kind: 'error', code, details: both, origin })
  }
  const problem = await server.rest.check(model, timeoutMs)
  if (problem !== undefined) {
    // a proxy may answer over HTTP by itself, and pass on gRPC alone; a connection that is closed says nothing
    return code === status.UNAVAILABLE ? problem : `${problem}; over gRPC: ${details}`
  }
  // a server of gRPC may have closed one connection for another reason
  if (!(await speaksOther(askOverGrpc(server, timeoutMs)))) throw error
  return undefined
}

async function healthProblem(channel: Channel, known: Known, timeoutMs: number): Promise<string | undefined> {
  try {
    const answer = await callMethod(channel, health.Check, { service: '' }, timeoutMs)
    return answer.status === HEALTH.serving ? undefined : 'its health service reports that it is not serving'
  } catch (error) {
    const { code } = error as CallFailure
    if (code !== status.UNIMPLEMENTED && code !== status.NOT_FOUND) throw error
    known.lacksHealth = true
    return undefined
  }
}

/**
 * The protocols of a server. One that seems to speak none gets requests of the published scripts.
 *
 * @throws CallFailure if it does not answer, or answers with something else than gRPC
 */
async function spokenBy(
  channel: Channel,
  protocols: GrpcProtocols,
  timeoutMs: number,
): Promise<readonly ProtocolName[]> {
  const names = [...protocols.keys()]
  const failures = await Promise.all(
    Array.from(protocols.values(), ({ probe }) => probe && whyNotImplemented(probe(channel, timeoutMs))),
  )
  const spoken = names.filter((_, i) => failures[i] === undefined)
  if (spoken.length > 0) return spoken
  const other = failures.find((failure) => failure?.speaksOther)
  if (other !== undefined) throw other
  return ['scheduler']
}

/** Asks over gRPC a server that answers over HTTP. @throws CallFailure if it does not answer as a server of gRPC */
function askOverGrpc({ channel, protocols }: InspectedServer, timeoutMs: number): Promise<unknown> {
  return Promise.all([
    healthProblem(channel, nothingKnown(), timeoutMs),
    spokenBy(channel, protocols, timeoutMs),
  ])
}

function whyNotImplemented(asked: Promise<unknown>): Promise<CallFailure | undefined> {
  return asked.then(
    () => undefined,
    (error: CallFailure) => {
      if (error.code === status.UNAVAILABLE) throw error
      return error.code === status.UNIMPLEMENTED ? error : undefined
    },
  )
}

function speaksOther(asked: Promise<unknown>): Promise<boolean> {
  return asked.then(
    () => false,
    (error: CallFailure) => error.speaksOther,
  )
}

function unlessUnimplemented<Response>(asked: Promise<Response>): Promise<Response | undefined> {
  return asked.catch((error: CallFailure) => {
    if (error.code === status.UNIMPLEMENTED) return undefined
    throw error
  })
}
