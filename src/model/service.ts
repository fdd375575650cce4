/** How long a query takes: the mean of its bin, or a draw from the quantile knots. */
export const SERVICES = ['mean', 'sampled'] as const

/** How long a query takes in a replay: its mean, or a draw from the quantiles. */
export type Service = (typeof SERVICES)[number]
