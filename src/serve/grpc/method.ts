/** gRPC methods, from descriptions of their messages that stand in the code. */
import type { MethodDefinition } from '@grpc/grpc-js'
import { fromJSON, type Options } from '@grpc/proto-loader'

/** Messages and services in the JSON form of protobufjs. */
export type Description = Parameters<typeof fromJSON>[0]

// absent fields get the defaults of proto3: 0, '', [] and, for a message, null
const OPTIONS: Options = { longs: Number, enums: Number, defaults: true, oneofs: true }

/**
 * The methods of a service. The description is data in the code, so that no .proto file has to be found at run
 * time. Field names are in camel case; they are not part of the encoding.
 */
export function methodsOf<Methods>(description: Description, service: string): Methods {
  return fromJSON(description, OPTIONS)[service] as unknown as Methods
}

/** A method in a description, with one request and one response. */
export function unary(requestType: string, responseType: string) {
  return { requestType, responseType, comment: '' }
}

/** A method with one request and one response. */
export type Unary<Request, Response> = MethodDefinition<Request, Response>

/** The same method with encoded messages, to pass them on without decoding. */
export function raw<Request, Response>({ path }: Unary<Request, Response>): Unary<Buffer, Buffer> {
  return rawMethod(path)
}

export function rawMethod(path: string): Unary<Buffer, Buffer> {
  return {
    path,
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
