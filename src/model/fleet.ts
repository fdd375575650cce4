/** A live instance: where it is, and what. */
export interface FleetServer {
  /** `host:port`. */
  readonly address: string
  /** Instance type, a name of the latency table. */
  readonly type: string
  /** What the server calls the model; the name of the workload unless given. */
  readonly model?: string
}
