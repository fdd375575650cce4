/** gRPC methods, from descriptions of their messages that stand in the code. */
import { fromJSON, type Options } from '@grpc/proto-loader'
import protobuf from 'protobufjs'

// absent fields get the defaults of proto3: 0, '', [] and, for a message, null
const OPTIONS: Options = { longs: Number, enums: Number, defaults: true, oneofs: true }

/**
 * The methods of a service. Its .proto is text in the code, so that no file has to be found at run time. Field names
 * become camel case.
 */
export function methodsOf<Methods>(proto: string, service: string): Methods {
  return fromJSON(protobuf.parse(proto).root.toJSON(), OPTIONS)[service] as unknown as Methods
}

/** A method with one request and one response. */
export interface Unary<Request, Response> {
  readonly path: string
  requestSerialize(request: Request): Buffer
  requestDeserialize(bytes: Buffer): Request
  responseSerialize(response: Response): Buffer
  responseDeserialize(bytes: Buffer): Response
}
