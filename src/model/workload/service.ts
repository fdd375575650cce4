/** How long a query takes: the mean of its bin, or a draw from the quantile knots. */
export const SERVICES = ['mean', 'sampled'] as const

/** What replays, capacities and searches take unless told otherwise: a bound on means says nothing of tails. */
export const DEFAULT_SERVICE = 'sampled'

/** How long a query takes in a replay: its mean, or a draw from the quantiles. */
export type Service = (typeof SERVICES)[number]
