/**
 * What the published allocator knows of one model: everything the closed form needs. Auxiliary types
 * are those with a cutoff; the one without is the base.
 */
export interface TypeProfile {
  /** Queries a second of one instance: the base on all bins, an auxiliary on its own small bins. */
  readonly qps: number
  /** Only of auxiliary types. */
  readonly auxiliary?: {
    /** The first batch size whose median service time exceeds QoS; queries up to it are small. */
    readonly cutoff: number
    /** Share of the queries that are small, f. */
    readonly smallShare: number
    /** Share of the base's busy time that is spent on small queries, τ. */
    readonly timeShare: number
    /** Queries a second of one instance on the bins up to each cutoff, by cutoff. */
    readonly rates: ReadonlyMap<number, number>
  }
}

/** Profiles by instance type, in the order in which they were derived or read. */
export type Profile = ReadonlyMap<string, TypeProfile>
