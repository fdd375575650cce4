/** When a server is taken out and when it may return: records and rules, which server-states.ts applies. */
import type { EjectionReason } from '../events.ts'
import type { Failure } from '../job.ts'

export type Health = ReturnType<typeof createHealth>

/**
 * Failures in a row after which a server is taken out, as in Envoy (`consecutive_5xx`). After three in a row, one of
 * two servers that each decline a tenth of the requests is soon out, and the other one has too many.
 */
const MOST_FAILURES = 5

/** Batches in a row that clients give up after which it may be taken out. */
const MOST_GIVEN_UP = 3

/** Failed checks in a row after which it is taken out. */
const MOST_FAILED_CHECKS = 2

/** A server that is slower than the others by this ratio is out of order, after this many answers. */
const OUT_OF_ORDER = 4
const LEAST_ANSWERS = 5

/** So many of its answers, not at the same time, must have taken far too long. */
const LEAST_SLOW_MOMENTS = 2

/** A server hangs without a reply within so many times its longest service time for the batch, plus a constant, ms. */
const HUNG_FACTOR = 3
const HUNG_MS = 500

/** The first part grows with the slowdown of the server, up to this time, ms: a hung server must be found soon. */
const SLOW_HUNG_MS = 3_000

/**
 * A server is not taken out for hanging, failing or being slow if a larger share of the servers were out then. One that
 * cannot be reached, or that fails its checks, always is.
 */
const MOST_OUT = 1 / 2

/** The first pause after an ejection, ms. It doubles with each ejection in a row. */
const PAUSE_MS: Readonly<Record<EjectionReason, number>> = {
  unreachable: 200,
  hung: 200,
  unhealthy: 200,
  failing: 1_000,
  slow: 5_000,
}
const LONGEST_PAUSE_MS = 60_000

/** Under pressure no pause is longer, ms: a server that has recovered must serve again within five seconds. */
const PRESSED_PAUSE_MS = 1_500

/** A server up for this time starts again with the first pause, ms; after some ejections one answer is enough. */
const CLEAN_MS = 30_000

/** The record of a server. */
export function createHealth(nowMs: number) {
  return {
    /** Batches that it has answered since it was last taken out. */
    answers: 0,
    /** The time of its last answer, or of its last ejection, ms: errors before do not count against it. */
    lastAnswerMs: nowMs,
    /**
     * Of these batches, those that took far too long, without one between them that did not. Batches that ran at the
     * same time count once: one pause of the server makes all of them late.
     */
    slowAnswers: 0,
    /** The same, without an answer between them at which the slowdown of the server was not far above the others. */
    slowMoments: 0,
    /** The end of the last of them, ms: a batch that started before does not count. */
    slowUntilMs: nowMs,
    /** Failures in a row without an answer between them. */
    failures: 0,
    /** Batches given up one after another: how many, how long together, and the end of the last, ms. */
    givenUp: 0,
    givenUpMs: 0,
    givenUpUntilMs: nowMs,
    /** Failed checks in a row. */
    failedChecks: 0,
    /** What the last check found, without numbers; undefined if it passed. */
    problem: undefined as string | undefined,
    /** The time of the last ejection, and the end of its pause, ms. */
    outSinceMs: 0,
    outUntilMs: 0,
    /** Ejections in a row, and when it returned from the last one, ms. */
    ejections: 0,
    returnedMs: nowMs,
    /** Whether the last ejection was for being slow: then one answer that took far too long suffices for the next. */
    wasSlow: false,
  }
}

/**
 * Records a check.
 *
 * @param problem what it found; undefined if it passed
 * @param pressed whether the servers that are up are too few
 * @returns whether the server is `out`, may be `up`, or stays as it is
 */
export function noteCheck(
  health: Health,
  problem: string | undefined,
  pressed: boolean,
  nowMs: number,
): 'up' | 'out' | 'same' {
  health.problem = problem === undefined ? undefined : withoutNumbers(problem)
  health.failedChecks = problem === undefined ? 0 : health.failedChecks + 1
  if (health.failedChecks >= MOST_FAILED_CHECKS) return 'out'
  if (problem !== undefined) return 'same'
  const longestMs = pressed ? PRESSED_PAUSE_MS : LONGEST_PAUSE_MS
  return nowMs < Math.min(health.outUntilMs, health.outSinceMs + longestMs) ? 'same' : 'up'
}

/** Whether a check found another problem than the one before. Times and ports do not make a difference. */
export function isNewProblem(health: Health, problem: string): boolean {
  return health.problem !== withoutNumbers(problem)
}

function withoutNumbers(problem: string): string {
  return problem.replaceAll(/\d+/g, '')
}

/** After how long a server that does not reply counts as hung, ms. @param longestMs by the latency table */
export function hungAfterMs(longestMs: number, slowdown: number): number {
  const factorMs = HUNG_FACTOR * longestMs
  return Math.max(factorMs, Math.min(slowdown * factorMs, SLOW_HUNG_MS)) + HUNG_MS
}

/**
 * Records a failure.
 *
 * @param shareOut the share of the servers that is out once this one is
 * @returns why the server is to be taken out, if it is
 */
export function noteFailure(
  health: Health,
  origin: Failure['origin'],
  shareOut: number,
): EjectionReason | undefined {
  health.failures++
  if (origin === 'connection') return 'unreachable'
  if (shareOut > MOST_OUT) return undefined
  if (origin === 'deadline') return 'hung'
  return health.failures >= MOST_FAILURES ? 'failing' : undefined
}

/** The batch of a request that has ended. */
interface EndedBatch {
  readonly startMs: number
  readonly tableMs: number
  /** The usual slowdown of the servers that are up, which is asked for only where it matters. */
  usual(): number
  /** The share of the servers that is out once this one is. */
  shareOut(): number
}

/**
 * Records that the last request of a batch was given up by its client, or at its deadline. Where clients do not wait
 * until it is certain that a server hangs, it is found by several one after another that took far too long, for as long
 * together as the constant part of the time for one.
 *
 * @returns whether the server is to be taken out
 */
export function noteGivenUp(health: Health, givenUp: EndedBatch, nowMs: number): boolean {
  const { startMs, tableMs, usual, shareOut } = givenUp
  const tookMs = nowMs - startMs
  if (tookMs < OUT_OF_ORDER * tableMs || tookMs < OUT_OF_ORDER * usual() * tableMs) return false
  // one pause of the server may make several at the same time late
  if (startMs < health.givenUpUntilMs) return false
  health.givenUp++
  health.givenUpMs += tookMs
  health.givenUpUntilMs = nowMs
  const isLong = health.givenUp >= MOST_GIVEN_UP && health.givenUpMs >= HUNG_MS
  return isLong && shareOut() <= MOST_OUT
}

/** An answer of a server, and how it compares with the others. */
interface NotedAnswer extends EndedBatch {
  /** Whether all requests of its batch have ended: they come back together, and say only once how fast a server is. */
  readonly endsBatch: boolean
  readonly tookMs: number
  /** The slowdown of the server. */
  readonly slowdown: number
}

/** Records an answer. @returns whether the server is out of order, and to be taken out */
export function noteAnswer(health: Health, answer: NotedAnswer, nowMs: number): boolean {
  const { endsBatch, startMs, tookMs, tableMs, slowdown, usual, shareOut } = answer
  health.failures = 0
  health.givenUp = 0
  health.givenUpMs = 0
  health.lastAnswerMs = nowMs
  if (!endsBatch) return false
  const mayBeSlow = tookMs >= OUT_OF_ORDER * tableMs || slowdown >= OUT_OF_ORDER
  const limit = mayBeSlow ? OUT_OF_ORDER * Math.max(1, usual()) : Infinity
  health.answers++
  if (slowdown < limit) health.slowMoments = 0
  if (tookMs < limit * tableMs) health.slowAnswers = 0
  else if (startMs >= health.slowUntilMs) {
    health.slowAnswers++
    health.slowMoments++
    health.slowUntilMs = nowMs
  }
  const isSlow =
    slowdown >= limit &&
    (health.wasSlow || (health.answers >= LEAST_ANSWERS && health.slowMoments >= LEAST_SLOW_MOMENTS))
  // the slowdown may be forgotten between two answers
  return (isSlow || health.slowAnswers >= LEAST_ANSWERS) && shareOut() <= MOST_OUT
}

/** Records an ejection and sets the pause. */
export function noteEjection(health: Health, reason: EjectionReason, nowMs: number): void {
  // a server that was cut off, or that hung on one request, has recovered once it answers
  const wasCutOff = reason === 'unreachable' || reason === 'hung'
  const isClean = wasCutOff ? health.answers > 0 : nowMs - health.returnedMs > CLEAN_MS
  if (isClean) health.ejections = 0
  health.outSinceMs = nowMs
  health.outUntilMs = nowMs + Math.min(LONGEST_PAUSE_MS, PAUSE_MS[reason] * 2 ** health.ejections)
  health.ejections++
  health.wasSlow = reason === 'slow'
  // errors before it was taken out no longer count
  health.lastAnswerMs = nowMs
  health.answers = 0
  health.slowAnswers = 0
  health.slowMoments = 0
}

/** Records that the server is up again. */
export function noteReturn(health: Health, nowMs: number): void {
  health.failures = 0
  health.givenUp = 0
  health.givenUpMs = 0
  health.returnedMs = nowMs
}
