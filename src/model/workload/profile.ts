/**
 * The inputs of the published allocator for one type of one model: what the closed form needs. A type with a cutoff
 * is auxiliary; the type without one is the base.
 */
export interface TypeProfile {
  /** Queries per second of one instance: of the base on all bins, of an auxiliary type on its small bins. */
  readonly qps: number
  /** Only for auxiliary types. */
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
