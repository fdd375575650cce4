/** A live instance: its address, its type and its model. */
export interface FleetServer {
  /** `host:port`. */
  readonly address: string
  /** Instance type, a name of the latency table. */
  readonly type: string
  /** The name of the model at the server; the name of the workload unless given. */
  readonly model?: string
}
