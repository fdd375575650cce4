import type { ServerProtocol } from './batch-sender.ts'
import { startEcho } from './echo.ts'
import { measureRounds, type RoundsAsked, type Send } from './rounds.ts'
import { openSender, sendOf } from './sender.ts'

const ECHO_ROUNDS = { warmUp: 3, rounds: 15 }
const TIMEOUT_MS = 60_000

/**
 * What the client itself takes for each size, ms: the median round trip of the same requests, in the same transport and
 * at the same concurrency, to a server of this process that answers at once. TLS is left out.
 */
export async function measureClient(
  model: string | undefined,
  protocol: ServerProtocol,
  asked: Omit<RoundsAsked, 'rounds' | 'warmUp'>,
): Promise<Float64Array> {
  return withEcho(model, protocol, asked.signal, async (send) => {
    const rounds: (readonly number[])[] = []
    await measureRounds(send, { ...asked, ...ECHO_ROUNDS }, (samplesMs) => void rounds.push(samplesMs))
    return Float64Array.from(asked.sizes, (_, k) => medianOf(rounds.map((samplesMs) => samplesMs[k])))
  })
}

/** Lends a sender to a server of this process that answers at once. */
export async function withEcho<Result>(
  model: string | undefined,
  protocol: ServerProtocol,
  signal: AbortSignal | undefined,
  use: (send: Send) => Promise<Result>,
): Promise<Result> {
  const echo = await startEcho(model, protocol)
  try {
    const sender = await openSender(echo.address, { model, timeoutMs: TIMEOUT_MS, signal })
    try {
      return await use(sendOf(sender, echo.address, { timeoutMs: TIMEOUT_MS, signal }))
    } finally {
      sender.close()
    }
  } finally {
    await echo.close(0)
  }
}

/** The middle one, or of an even number the lower of the two. */
export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1]
}
