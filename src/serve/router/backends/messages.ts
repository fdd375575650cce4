/** The messages by which a request reaches a server of gRPC: in the protocol of its client, or translated. */
import { KairosError } from '../../../model/errors.ts'
import type { ModelMetadata } from '../../protocols/inference.ts'
import { type GrpcProtocols, type ProtocolName, TRANSLATIONS } from '../../protocols/registry.ts'
import type { RoutedProtocol } from '../../protocols/routed-protocol.ts'
import type { Payload } from '../job.ts'

export interface MessageOptions {
  /** The clients' name of the model. */
  readonly model: string
  readonly maxMessageBytes: number
  readonly protocols: GrpcProtocols
  /** Whether requests are translated for a server of another protocol. */
  readonly translate: boolean
}

/** What messages depend on of the server that gets them. */
export interface AskedServer {
  /** Its name of the model. */
  readonly model: string
  /** The protocols that it speaks; undefined before a check has passed. */
  readonly speaks: readonly ProtocolName[] | undefined
  /** Undefined if it does not speak the Open Inference Protocol, or does not say. */
  readonly metadata: ModelMetadata | undefined
}

export interface Messages {
  /** The protocol of the request that is sent. */
  readonly protocol: RoutedProtocol
  readonly request: Buffer
  /** The response for the client. @throws MalformedMessage */
  responseFor(response: Buffer): Buffer
}

/** The protocols, for messages of errors. */
const PROTOCOL_TEXTS: Readonly<Record<ProtocolName, string>> = {
  inference: 'the Open Inference Protocol over gRPC',
  scheduler: 'grpc.Scheduler of the published scripts',
  custom: 'the method given by --method',
  rest: 'the Open Inference Protocol over HTTP',
}

/** @throws KairosError BAD_MODEL if the request has no form in a protocol of the server */
export function messagesFor(
  payload: Payload,
  waitedMs: number,
  { model, speaks, metadata }: AskedServer,
  options: MessageOptions,
): Messages {
  const spoken = speaks?.includes(payload.protocol) ? payload.protocol : (speaks?.[0] ?? payload.protocol)
  const protocol = options.protocols.get(spoken)
  if (protocol !== undefined && spoken === payload.protocol) {
    const renamed = model === options.model ? undefined : model
    return {
      protocol,
      request: protocol.requestFor(payload.request, { model: renamed, waitedMs }),
      responseFor(response) {
        protocol.checkResponse(response)
        return response
      },
    }
  }
  const possible = TRANSLATIONS[payload.protocol]?.[spoken]
  const translation = options.translate ? possible : undefined
  if (translation === undefined || protocol === undefined) {
    const use = `use the protocol of its servers, or list their ports for ${PROTOCOL_TEXTS[payload.protocol]}`
    const cure = possible
      ? `${use}, or start the router with --translate, which sends zeros instead of inputs`
      : use
    const problem = `its server speaks ${PROTOCOL_TEXTS[spoken]}, not ${PROTOCOL_TEXTS[payload.protocol]}`
    throw new KairosError('BAD_MODEL', `${problem}: ${cure}`)
  }
  const asked = { request: payload.request, batch: payload.batch, model: options.model, waitedMs }
  const sentMs = performance.now()
  return {
    protocol,
    request: translation.requestFor(asked, { model, metadata, maxMessageBytes: options.maxMessageBytes }),
    responseFor: (response) => translation.responseFor(asked, response, performance.now() - sentMs),
  }
}
