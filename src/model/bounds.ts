/** The bounds that can rank, the default first. */
export const BOUNDS = ['fluid', 'closed-form'] as const
/** The name of a bound. */
export type BoundName = (typeof BOUNDS)[number]
