/** The jobs of one version of the engine. */
export interface VersionStatus {
  readonly version: string
  /** Workers that take these jobs. */
  readonly workers: number
  readonly waiting: number
  readonly running: number
  /** Jobs that failed and wait for another attempt. */
  readonly retrying: number
  readonly failed: number
  /** Jobs with a result. */
  readonly done: number
  /** The last failed jobs, and why their last attempt failed. */
  readonly failures: readonly { readonly job: string; readonly reason: string }[]
}

/** What is in a queue of replay jobs. */
export interface QueueStatus {
  /** Such as redis://host:6379. */
  readonly server: string
  /** The version of the engine that asks. */
  readonly version: string
  /** In alphabetical order of versions. */
  readonly versions: readonly VersionStatus[]
  /** Workloads and traces that jobs share. */
  readonly contents: number
  readonly memoryBytes: number
  /** Which keys the server drops when its memory is full: anything but `noeviction` may lose jobs. */
  readonly memoryPolicy: string
}
