import type { Clock } from '../clock.ts'
import type { RequestEvent, RequestState } from './request-states.ts'
import { createSpacedLines, type SpacedLines } from './spaced-lines.ts'

/** Why a request is refused. */
export const REFUSAL_REASONS = [
  'queue-full',
  'late',
  'no-server',
  'draining',
  'bad-batch',
  /** All attempts have failed. */
  'failed',
  /** A server has rejected it. */
  'rejected',
  /** The deadline of its client has passed. */
  'deadline',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** Why a server is taken out. */
export const EJECTION_REASONS = ['unreachable', 'hung', 'unhealthy', 'failing', 'slow'] as const
export type EjectionReason = (typeof EJECTION_REASONS)[number]

/** What a pool reports. Times are ms. */
export interface PoolEvents {
  decided(ms: number, started: number): void
  /** Requests start together; called only where the workload has batching. */
  batched(requests: number, items: number): void
  requestsJoined(requests: number): void
  /** Joined requests are sent again in parts, because the server refuses them or its answer cannot be divided. */
  sentInParts(): void
  /**
   * A server takes fewer items in joined requests than it was sent.
   *
   * @param most 0 if it takes no joined requests
   * @param bin the largest bin of at most as many items, 0 if there is none
   * @param code with which it refuses more; undefined where its answers cannot be divided
   */
  joinLimitLowered(address: string, most: number, bin: number, code: string | undefined): void
  answered(figures: {
    readonly batch: number
    readonly waitedMs: number
    readonly latencyMs: number
    readonly late: boolean
    readonly address: string
    readonly type: string
    readonly serviceMs: number
    /** How often it was sent. */
    readonly attempts: number
  }): void
  refused(reason: RefusalReason): void
  /** The client has cancelled, or its deadline has passed. */
  abandoned(): void
  /**
   * @param cause why the previous attempt failed: one of a fixed set of clauses about the server
   * @param details what is wrong with a reply; may quote it, and differ each time
   */
  retried(address: string, code: string, cause: string, details?: string): void
  serverUp(address: string, type: string): void
  ejected(address: string, reason: EjectionReason, details: string): void
  /** A server that is new, or was taken out, cannot serve yet: once for each problem that its checks find. */
  serverNotReady(address: string, details: string): void
  /** A server is no longer listed. */
  serverRemoved(address: string): void
  moved(from: RequestState, event: RequestEvent): void
}

/** Is told of some events. */
export type PoolListener = Partial<PoolEvents>

/** Events of which several listeners are told, in their order. */
export function eventsTo(...listeners: readonly PoolListener[]): PoolEvents {
  function to<Name extends keyof PoolEvents>(name: Name): PoolEvents[Name] {
    const told = listeners.flatMap(
      (listener) => (listener[name] ?? []) as ((...figures: unknown[]) => void)[],
    )
    // most events have one listener, which is called as it is
    if (told.length === 1) return told[0]
    return (...figures: unknown[]) => {
      for (const tell of told) tell(...figures)
    }
  }
  return {
    decided: to('decided'),
    batched: to('batched'),
    requestsJoined: to('requestsJoined'),
    sentInParts: to('sentInParts'),
    joinLimitLowered: to('joinLimitLowered'),
    answered: to('answered'),
    refused: to('refused'),
    abandoned: to('abandoned'),
    retried: to('retried'),
    serverUp: to('serverUp'),
    ejected: to('ejected'),
    serverNotReady: to('serverNotReady'),
    serverRemoved: to('serverRemoved'),
    moved: to('moved'),
  }
}

/**
 * Where a router logs: pino, or anything with its methods. Of a request it gets size and times only. What a method
 * throws is ignored but for a first warning of the process.
 */
export interface RouterLog {
  /** Called for single requests. */
  debug(fields: object, message: string): void
  /** Called for changes of the fleet. */
  info(fields: object, message: string): void
  /** Called for failures of servers. */
  warn(fields: object, message: string): void
}

/** A log whose errors end no request: the first one becomes a warning of Node. */
export function guardedLog(log: RouterLog): RouterLog {
  let hasFailed = false
  const guarded = (level: keyof RouterLog) => (fields: object, message: string) => {
    try {
      log[level](fields, message)
    } catch (error) {
      if (!hasFailed) process.emitWarning(`the log of the router failed: ${error}`)
      hasFailed = true
    }
  }
  return { debug: guarded('debug'), info: guarded('info'), warn: guarded('warn') }
}

/** Time between two lines about failed requests of the same server and cause, ms. */
const BETWEEN_LINES_MS = 10_000

interface FailedRequest {
  readonly model: string
  readonly address: string
  readonly code: string
  readonly cause: string
  readonly details?: string | undefined
}

/** Writes events of pools to a log. Failures alike in model, server, status, cause share a line in ten seconds. */
export function createEventLog(log: RouterLog, clock: Clock) {
  const failed = createSpacedLines<FailedRequest>(clock, BETWEEN_LINES_MS, (failure, requests) => {
    const { cause, details } = failure
    const which =
      requests === 1 ? 'a request failed on a server and is' : 'requests failed on a server and are'
    const why = details === undefined ? cause : `${cause}: ${details}`
    log.warn({ ...failure, requests }, `${which} tried again: ${why}`)
  })
  return { listener: (model: string) => listenerOf(log, failed, model), stop: failed.stop }
}

const INDIVISIBLE =
  'answers of a server to joined requests cannot be divided (the first dimension of each output must be the sum of theirs, and its contents must fit)'

function listenerOf(log: RouterLog, failed: SpacedLines<FailedRequest>, model: string): PoolListener {
  return {
    answered: (figures) => log.debug({ model, ...figures }, 'answered'),
    refused: (reason) => log.debug({ model, reason }, 'refused'),
    retried(address, code, cause, details) {
      failed.add(`${model}\n${address}\n${code}\n${cause}`, { model, address, code, cause, details })
    },
    serverUp: (address, type) => log.info({ model, address, type }, 'a server can serve'),
    ejected: (address, reason, details) =>
      log.warn({ model, address, reason, details }, 'a server is taken out'),
    serverNotReady: (address, details) => log.warn({ model, address, details }, 'a server cannot serve yet'),
    serverRemoved: (address) => log.info({ model, address }, 'a server has left the fleet'),
    joinLimitLowered(address, most, bin, code) {
      const joined =
        most === 0
          ? 'some requests to it are not joined'
          : `some requests to it are joined only up to ${most} items`
      const cure =
        bin === 0 ? 'if none are joined, give it "batching": "parallel"' : `a maxBatch of ${bin} fits it`
      const then = `${joined}; ${cure}`
      const problem = code === undefined ? INDIVISIBLE : 'a server refuses joined requests'
      log.warn({ model, address, most, code }, `${problem}: ${then}`)
    },
  }
}
