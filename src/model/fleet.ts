/** A live instance: its address, its type and its model. */
export interface FleetServer {
  /** `host:port`. */
  readonly address: string
  /** Instance type, a name of the latency table. */
  readonly type: string
  /** The name of the model at the server; the name of the workload unless given. */
  readonly model?: string
  /** Requests that it takes at the same time, or batches, in all of its models together; 1 unless given. */
  readonly slots?: number
}
