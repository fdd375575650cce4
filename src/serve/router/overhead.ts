/** What the router itself adds to a request, and whether that is little against the target. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { timeLoopback } from '../grpc/loopback.ts'

/** The router is the wrong tool if it adds more than this share of the target. */
const MOST_SHARE = 0.1

/** Calls of which the median is taken. */
const CALLS = 101

/** The median time of a call on loopback by the router's own transport, ms: a router is one such hop more. */
export async function measureHopMs(): Promise<number> {
  const samplesMs = await timeLoopback({ warmUp: 200, calls: CALLS })
  return samplesMs[CALLS >> 1]
}

/** The advice for a router that adds too much; undefined if it does not. @param what adds so much */
export function overheadAdvice(what: string, addedMs: number, qosMs: number): string | undefined {
  if (addedMs <= MOST_SHARE * qosMs) return undefined
  const share = `${addedMs.toFixed(2)} ms of a target of ${qosMs} ms`
  return `${what} takes ${share}: use a quieter machine, more processes, or a load balancer if the servers are alike`
}

/** Time between two looks at the event loop unless given, ms. */
const LOOK_MS = 10_000

/** The event loop is looked at with this resolution, ms, which its delays contain. */
const RESOLUTION_MS = 5

/** A delay from which on the router tells that it stood still, ms: it is no part of the 99th percentile. */
const STALL_MS = 1_000

/** What to know of a delay in which the router served nobody; undefined for a short one. */
function stallAdvice(delayMs: number): string | undefined {
  if (delayMs < STALL_MS) return undefined
  const causes =
    'the process or its machine was stopped or had no processor time, or the router itself was busy'
  return `the router stood still for ${(delayMs / 1_000).toFixed(1)} s: ${causes}; requests of that time were read late, and clients waited longer than the metrics say`
}

/** Watches how late the router is itself: the 99th percentile and the longest delay of its event loop, by periods. */
export function watchDelays(
  found: (p99Ms: number, longestMs: number) => void,
  periodMs = LOOK_MS,
): { stop(): void } {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  const looking = setInterval(() => {
    const [p99Ms, longestMs] = [delays.percentile(99), delays.max].map((ns) =>
      Math.max(0, ns / 1e6 - RESOLUTION_MS),
    )
    found(p99Ms, longestMs)
    delays.reset()
  }, periodMs).unref()
  return {
    stop() {
      delays.disable()
      clearInterval(looking)
    },
  }
}

/**
 * Warns at the start, and then at most once a minute, if the router adds much to the shortest target, and whenever it
 * has stood still.
 */
export function warnOfOverhead(
  qosMs: number,
  warn: (advice: string) => void,
  measure = measureHopMs,
  periodMs = LOOK_MS,
): { stop(): void } {
  let warnedMs = -Infinity
  let isStopped = false
  const check = (what: string, addedMs: number) => {
    const advice = overheadAdvice(what, addedMs, qosMs)
    if (isStopped || advice === undefined || performance.now() - warnedMs < 60_000) return
    warnedMs = performance.now()
    warn(advice)
  }
  const checkHop = (addedMs: number) => check('the way through the router', addedMs)
  // a router without a free port or descriptor for the measurement goes without it
  measure().then(checkHop, () => undefined)
  const delays = watchDelays((p99Ms, longestMs) => {
    const stall = stallAdvice(longestMs)
    if (stall !== undefined) warn(stall)
    check('waiting for the processor (99th percentile)', p99Ms)
  }, periodMs)
  return {
    stop() {
      isStopped = true
      delays.stop()
    },
  }
}
