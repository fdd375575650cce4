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
  /** How it gets the requests of a batch; as the router says unless given. */
  readonly batching?: SentBatches
}

/**
 * How a server gets requests that start together: as separate requests at the same moment, which the server batches
 * itself, or joined into one.
 */
export type SentBatches = (typeof SENT_BATCHES)[number]
export const SENT_BATCHES = ['parallel', 'merge'] as const
