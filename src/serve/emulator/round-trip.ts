import { timeLoopback } from '../grpc/loopback.ts'

const CALLS = 15

/** Pause between calls, ms: an idle machine answers more slowly, and a fleet has pauses between its queries. */
const PAUSE_MS = 8

/** A longer round trip on loopback means that the machine was busy, ms. */
const MOST_MS = 3

/** The time of a call that does nothing, on this machine, ms: the first quartile of a few calls. */
export async function measureRoundTrip(): Promise<number> {
  const samplesMs = await timeLoopback({ warmUp: 30, calls: CALLS, pauseMs: PAUSE_MS })
  return Math.min(MOST_MS, samplesMs[CALLS >> 2])
}
