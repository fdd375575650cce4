import { KairosError } from '../../../model/errors.ts'
import type { FleetServer } from '../../../model/fleet/fleet.ts'
import { type ChannelRequest, openChannel } from '../../grpc/client/channel.ts'
import type { CallResult } from '../../grpc/client/client-call.ts'
import { CallFailure } from '../../grpc/client/remote-method.ts'
import type { ChannelTls } from '../../grpc/client/session.ts'
import { describeError, LARGER_LIMIT, status } from '../../grpc/status.ts'
import { withText } from '../../protocols/fields.ts'
import type { ModelMetadata } from '../../protocols/inference.ts'
import type { ProtocolName } from '../../protocols/registry.ts'
import { soon } from '../../soon.ts'
import { mayBeOfRequest, type Payload, type Reply } from '../job.ts'
import { failureOf, malformedReply } from './failure.ts'
import { createHealthWatch } from './health-watch.ts'
import { type AskedServer, type MessageOptions, type Messages, messagesFor } from './messages.ts'
import { openRestServer, type RestServer } from './rest-server.ts'
import { inspectServer, nothingKnown } from './server-check.ts'

interface BackendOptions extends MessageOptions {
  readonly tls?: ChannelTls | undefined
}

/** A server, whatever protocol it speaks. */
export interface Backend {
  /** The server's name of the model. */
  readonly model: string
  /**
   * Sends a request.
   *
   * @param waitedMs how long it has waited in the router
   * @param timeoutMs after which the server counts as hung
   * @param replied called once, after `send` has returned, unless the call is cancelled
   */
  send(
    payload: Payload,
    waitedMs: number,
    timeoutMs: number,
    replied: (reply: Reply) => void,
  ): { cancel(): void }
  /** Passes on a question. @param named whether its first field is the model, which the server may call differently */
  ask(asked: ChannelRequest, named: boolean, done: (result: CallResult) => void): { cancel(): void }
  /** Whether the server speaks a protocol, as far as is known. */
  speaks(protocol: ProtocolName): boolean
  /** The server as one of HTTP; undefined if it speaks gRPC. */
  rest(): RestServer | undefined
  /** Undefined if it does not speak the Open Inference Protocol, or does not say. */
  metadata(): ModelMetadata | undefined
  /** Why the server cannot serve; undefined if it can. */
  check(timeoutMs: number): Promise<string | undefined>
  /**
   * Asks the server to report changes of its health, if it can; once is enough. `changed` is called when it reports
   * one, and when the connection is lost.
   */
  watch(changed: () => void): void
  /** Whether the server is watched, and reports that it is healthy. */
  readonly isWatched: boolean
  /** Whether the server stops, and still answers the requests that it has. */
  readonly isLeaving: boolean
  close(): void
}

/**
 * A server of gRPC or of HTTP. Its checks find out which protocols it speaks. A request in one of them passes byte by
 * byte (only the model is renamed, if the server has another name for it); others are translated.
 */
export function openServerBackend(
  server: Pick<FleetServer, 'address' | 'model'>,
  options: BackendOptions,
): Backend {
  const channel = openChannel(server.address, { ...options, limitCure: LARGER_LIMIT })
  const rest = openRestServer(server.address, options)
  const model = server.model ?? options.model
  const inspected = { channel, rest, protocols: options.protocols }
  /** What the checks know. */
  let known = nothingKnown()
  /** The server as the last check that has passed knew it. */
  let found: AskedServer = { model, speaks: undefined, metadata: undefined }
  /** Whether the server has answered the last check by gRPC, and has said that it is to get no requests. */
  let isUnready = false
  const healthWatch = createHealthWatch(channel)
  /** Another program may have taken the address. */
  const doubt = () => {
    known = nothingKnown()
    healthWatch.forget()
  }

  const renamed = model === options.model ? undefined : model
  const isSpoken = (protocol: ProtocolName) => found.speaks?.includes(protocol) === true
  const speaksRest = () => isSpoken('rest')

  function send(payload: Payload, waitedMs: number, timeoutMs: number, replied: (reply: Reply) => void) {
    if (payload.protocol === 'rest' && speaksRest()) return rest.infer(payload, model, timeoutMs, replied)
    const { protocol, request, responseFor } = messagesFor(payload, waitedMs, found, options)
    const asked = { path: protocol.path, message: request, headers: payload.headers, timeoutMs }
    return channel.call(asked, (result) => {
      const reply = result.kind === 'error' ? failureOf(result) : responseReply(responseFor, result)
      if (reply.kind === 'failure' && (!mayBeOfRequest(reply) || reply.code === status.UNIMPLEMENTED)) {
        doubt()
      }
      replied(reply)
    })
  }

  return {
    model,
    metadata: () => found.metadata,
    ask(asked, named, done) {
      const { message } = asked
      return channel.call(
        { ...asked, message: named && renamed ? withText(message, 1, renamed) : message },
        done,
      )
    },
    speaks: isSpoken,
    rest: () => (speaksRest() ? rest : undefined),
    send(payload, waitedMs, timeoutMs, replied) {
      try {
        return send(payload, waitedMs, timeoutMs, replied)
      } catch (error) {
        return soon(() => replied(unsentReply(error as Error)))
      }
    },
    async check(timeoutMs) {
      // a request that fails meanwhile makes the next check begin anew; this one is complete all the same
      const checked = known
      try {
        const problem = await inspectServer(inspected, model, checked, timeoutMs)
        const isOverHttp = checked.speaks?.includes('rest') === true
        isUnready = problem !== undefined && !isOverHttp
        if (problem === undefined) found = { model, speaks: checked.speaks, metadata: checked.metadata }
        // over HTTP this is also a server that cannot be reached: another program may take its address
        else if (isOverHttp) doubt()
        return problem
      } catch (error) {
        isUnready = false
        doubt()
        return error instanceof CallFailure ? describeError(error) : (error as Error).message
      }
    },
    watch(changed) {
      if (!speaksRest() && !known.lacksHealth) healthWatch.start(changed)
    },
    get isWatched() {
      return healthWatch.isServing
    },
    get isLeaving() {
      return channel.isLeaving || isUnready
    },
    close() {
      channel.close()
      rest.close()
    },
  }
}

function responseReply(
  responseFor: Messages['responseFor'],
  { message, headers, trailers }: Extract<CallResult, { kind: 'response' }>,
): Reply {
  try {
    return { kind: 'answer', response: responseFor(message), headers, trailers }
  } catch (error) {
    return malformedReply(error, `of ${message.length} bytes`)
  }
}

/** A request that could not be sent, because it has no form in the server's protocol. */
function unsentReply(error: Error): Reply {
  if (!(error instanceof KairosError)) throw error
  return { kind: 'refusal', code: status.FAILED_PRECONDITION, details: error.message }
}
