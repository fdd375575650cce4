/** Why a request is not taken, or not kept. */
export type RefusalReason = 'queue-full' | 'late' | 'no-server' | 'draining' | 'bad-batch' | 'failed'

/** Why a server is taken out. */
export type EjectionReason = 'unreachable' | 'unhealthy' | 'failing' | 'slow'

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
