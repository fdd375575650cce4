import { setTimeout } from 'node:timers/promises'
import { Server } from '@grpc/grpc-js'
import { openChannel } from '../grpc/client/channel.ts'
import { callMethod } from '../grpc/client/remote-method.ts'
import { listen } from '../grpc/listen.ts'
import { HEALTH, health } from '../protocols/health.ts'

const WARM_UP_CALLS = 30
const CALLS = 15
const TIMEOUT_MS = 5_000

/** Pause between calls, ms: an idle machine answers more slowly, and a fleet has pauses between its queries. */
const PAUSE_MS = 8

/** A longer round trip on loopback means that the machine was busy, ms. */
const MOST_MS = 3

/** The time of a call that does nothing, on this machine, ms: the first quartile of a few calls. */
export async function measureRoundTrip(): Promise<number> {
  const server = new Server()
  server.addService(health as never, {
    Check: (_call: unknown, answer: (error: null, value: object) => void) =>
      answer(null, { status: HEALTH.serving }),
  })
  const listening = await listen(server)
  const channel = openChannel(listening.address, { maxMessageBytes: 1_024 })
  try {
    const samplesMs: number[] = []
    for (let i = 0; i < WARM_UP_CALLS + CALLS; i++) {
      if (i >= WARM_UP_CALLS) await setTimeout(PAUSE_MS)
      const startMs = performance.now()
      await callMethod(channel, health.Check, { service: '' }, TIMEOUT_MS)
      if (i >= WARM_UP_CALLS) samplesMs.push(performance.now() - startMs)
    }
    return Math.min(MOST_MS, samplesMs.sort((a, b) => a - b)[CALLS >> 2])
  } finally {
    channel.close()
    await listening.close(0)
  }
}
