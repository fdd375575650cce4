import type { MethodDefinition } from '@grpc/grpc-js'
import { fromJSON, type Options } from '@grpc/proto-loader'

/** A description of messages and services, as protobufjs takes it. */
export type Description = Parameters<typeof fromJSON>[0]

// fields that are absent come out as proto3 says: 0, '', [] and null for a message
const OPTIONS: Options = { longs: Number, enums: Number, defaults: true, oneofs: true }

/**
 * The methods of a service. Descriptions are data in the code, so that nothing has to be found on the disk;
 * fields are named in camel case, which the wire does not show.
 */
export function methodsOf<Methods>(description: Description, service: string): Methods {
  return fromJSON(description, OPTIONS)[service] as unknown as Methods
}

/** A method in a description: a message in, a message out. */
export function unary(requestType: string, responseType: string) {
  return { requestType, responseType, comment: '' }
}

/** A method that takes one message and gives one. */
export type Unary<Request, Response> = MethodDefinition<Request, Response>

/** The same method with messages as they stand on the wire, for who only passes them on. */
export function raw<Request, Response>(method: Unary<Request, Response>): Unary<Buffer, Buffer> {
  return {
    path: method.path,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
}

function same(bytes: Buffer): Buffer {
  return bytes
}
