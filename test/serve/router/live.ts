import { connect as connectTls } from 'node:tls'
import { Server, type ServiceError, status } from '@grpc/grpc-js'
import { expect, onTestFinished } from 'vitest'
import { type EmulatorOptions, startEmulator } from '../../../src/serve/emulator/emulator.ts'
import { createRouter } from '../../../src/serve/router/router.ts'
import type { RouterOptions } from '../../../src/serve/router/router-options.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { connect } from '../grpc-js-client.ts'
import { listenGrpcJs } from '../grpc-js-server.ts'

export const workload = smallWorkload()

/** Emulated servers, gone after the test. */
export async function emulate(counts: number[], options: Partial<EmulatorOptions> = {}) {
  const { types } = workload.latency
  const emulator = await startEmulator({ workload, types, counts, overheadMs: 0, ...options })
  onTestFinished(() => emulator.close())
  return emulator
}

/** A router in front of servers, and a client of it; they are gone after the test. */
export async function route(options: Partial<RouterOptions> & Pick<RouterOptions, 'fleet'>) {
  const router = await createRouter({ workload, healthIntervalMs: 100, admission: 'all', ...options })
  const client = connect(router.address)
  onTestFinished(async () => {
    client.close()
    await router.close()
  })
  return { router, client }
}

/** Waits until something is so; the test's own time is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** The event loop stands still. */
export function stall(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

/** A server with methods of its own, by path. */
export async function serverOf(methods: Record<string, (request: Buffer, answer: Answer) => void>, port = 0) {
  const server = new Server()
  for (const [path, handle] of Object.entries(methods)) {
    const same = (bytes: Buffer) => bytes
    server.register(
      path,
      ((call: { request: Buffer }, answer: Answer) => handle(call.request, answer)) as never,
      same,
      same,
      'unary',
    )
  }
  const listening = await listenGrpcJs(server, { port })
  onTestFinished(() => listening.close(0))
  return listening.address
}

export type Answer = (error: { code: status; details: string } | null, bytes?: Buffer) => void

export const codeOf = (asked: Promise<unknown>): Promise<status> =>
  asked.then(
    () => status.OK,
    (error: ServiceError) => error.code,
  )

/** How many calls ended with each status. */
export async function tally(asked: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const code of await Promise.all(asked.map(codeOf)))
    counts[status[code]] = (counts[status[code]] ?? 0) + 1
  return counts
}

/** The name in the certificate that a new connection gets. */
export async function nameAt(address: string, protocol: 'h2' | 'http/1.1' = 'h2'): Promise<string> {
  const [host, port] = address.split(':')
  const asked = { host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: [protocol] }
  const socket = connectTls(asked)
  await new Promise((resolve, reject) => socket.on('secureConnect', resolve).on('error', reject))
  expect(socket.alpnProtocol).toBe(protocol)
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}
