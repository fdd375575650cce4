import { setTimeout } from 'node:timers/promises'
import { Server } from '@grpc/grpc-js'
import { call, connect } from '../grpc/connect.ts'
import { listen } from '../grpc/listen.ts'
import { HEALTH, health } from '../protocols/health.ts'

/** Calls before those that count. */
const WARM_UP = 30
const CALLS = 15

/** Between calls, ms: a machine that slept answers later than one that did not, and a fleet is rarely asked at once. */
const PAUSE_MS = 8

/** More is no way there and back, but a machine that was busy with something else. */
const MOST_MS = 3

/** What a call that does nothing takes on this machine, ms: the first quartile of a few. */
export async function measureRoundTrip(): Promise<number> {
  const server = new Server()
  server.addService(health as never, {
    Check: (_call: unknown, answer: (error: null, value: object) => void) =>
      answer(null, { status: HEALTH.serving }),
  })
  const listening = await listen(server)
  const client = connect(listening.address)
  try {
    const taken: number[] = []
    for (let i = 0; i < WARM_UP + CALLS; i++) {
      if (i >= WARM_UP) await setTimeout(PAUSE_MS)
      const startMs = performance.now()
      await call(client, health.Check, { service: '' })
      if (i >= WARM_UP) taken.push(performance.now() - startMs)
    }
    return Math.min(MOST_MS, taken.sort((a, b) => a - b)[CALLS >> 2])
  } finally {
    client.close()
    await listening.close(0)
  }
}
