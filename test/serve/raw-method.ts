import type { Unary } from '../../src/serve/grpc/method.ts'

/** The same method with encoded messages, to pass them on without decoding. */
export function raw<Request, Response>({ path }: Unary<Request, Response>): Unary<Buffer, Buffer> {
  return rawMethod(path)
}

export function rawMethod(path: string): Unary<Buffer, Buffer> {
  return {
    path,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  }
}

function same(bytes: Buffer): Buffer {
  return bytes
}
