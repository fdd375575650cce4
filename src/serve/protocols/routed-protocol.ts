import type { Channel } from '../grpc/client/channel.ts'

/** A protocol over gRPC in which clients call the router, and in which it calls servers. */
export interface RoutedProtocol {
  /** The path of the method whose requests are routed. */
  readonly path: string
  /**
   * A call without work: a server without this protocol answers it with UNIMPLEMENTED, any other one differently.
   * Undefined where there is none: then every server is taken to have this protocol.
   */
  probe?(channel: Channel, timeoutMs: number): Promise<unknown>
  /** What the router has to know of a request. @throws MalformedMessage */
  readRequest(request: Buffer): RoutedRequest
  /** The request of a client as its server gets it. */
  requestFor(request: Buffer, server: Forwarding): Buffer
  /** @throws MalformedMessage if the bytes are not a response of this protocol */
  checkResponse(response: Buffer): void
}

interface RoutedRequest {
  /** The model that the client asks for; undefined in a protocol without models. */
  readonly model?: string
  /** Items in the request; NaN if it does not say. */
  readonly batch: number
}

interface Forwarding {
  /** The server's name of the model, if it differs from that of the clients. */
  readonly model?: string | undefined
  /** How long the request has waited in the router, ms. */
  readonly waitedMs: number
}
