import { createServer } from 'node:http'
import { accept } from '../../src/serve/grpc/accept.ts'
import { limitBufferedBytes } from '../../src/serve/grpc/buffered-bytes.ts'
import { openPort } from '../../src/serve/grpc/port.ts'
import { createGrpcServer, type Method } from '../../src/serve/grpc/server/server.ts'

/** Opens a port of our own server for methods by their paths; returns its address. */
export async function listenFor(methods: Readonly<Record<string, Method>>): Promise<string> {
  const grpc = createGrpcServer({
    methods: new Map(Object.entries(methods)),
    maxMessageBytes: 2 ** 24,
    maxStreams: 1_000,
    idleMs: 600_000,
    bufferedBytes: limitBufferedBytes(2 ** 28),
  })
  return (await accept(openPort({ grpc, http: createServer() }, undefined))).address
}
