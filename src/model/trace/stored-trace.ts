/** A trace on shared storage, as a job of a queue names it: the file by its content, not the queries. */
export interface StoredTrace {
  /** Its path below the root of the traces, with slashes. */
  readonly file: string
  /** The SHA-256 of the file, in hex. */
  readonly sha256: string
  /** The size of the file. */
  readonly bytes: number
  /** Queries per second to which the arrivals are scaled; they stay as they are by default. */
  readonly rate?: number | undefined
}
