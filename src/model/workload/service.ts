/** The choices of `Service`. */
export const SERVICES = ['mean', 'sampled'] as const

/** The default of replays, capacities and searches. Means would leave out the tail, which the percentile is about. */
export const DEFAULT_SERVICE = 'sampled'

/** How long a query takes in a replay: the mean of its bin, or a draw from the quantile knots. */
export type Service = (typeof SERVICES)[number]
