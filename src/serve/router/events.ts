/** Why a request is not taken, or not kept. */
export const REFUSAL_REASONS = [
  'queue-full',
  'late',
  'no-server',
  'draining',
  'bad-batch',
  /** No server could serve it. */
  'failed',
  /** A server has refused it. */
  'rejected',
  /** Its client's deadline has passed. */
  'deadline',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** Why a server is taken out. */
export const EJECTION_REASONS = ['unreachable', 'hung', 'unhealthy', 'failing', 'slow'] as const
export type EjectionReason = (typeof EJECTION_REASONS)[number]

/** What a pool tells those who count and log. Times are ms. */
export interface PoolEvents {
  decided(ms: number, started: number): void
  answered(figures: {
    readonly batch: number
    readonly waitedMs: number
    readonly latencyMs: number
    readonly late: boolean
    readonly type: string
    readonly serviceMs: number
    readonly tries: number
  }): void
  refused(reason: RefusalReason): void
  /** The client went away, or its deadline passed. */
  abandoned(): void
  retried(address: string, code: string): void
  joined(address: string, type: string): void
  ejected(address: string, reason: EjectionReason, details: string): void
  /** A server that is to serve cannot yet. */
  awaited(address: string, details: string): void
  left(address: string): void
}
