/** How far a long call is. Each function says what it counts. */
export interface Progress {
  /** Steps that are done. It never falls. */
  readonly done: number
  /** All steps; 0 where they are not known beforehand, as for a pipe or a search. */
  readonly total: number
}

/** The option `onProgress` of every long call. Some functions report more than `done` and `total`. */
export type OnProgress<Reported extends Progress = Progress> = (progress: Reported) => void
