/** How long a query takes: the mean of its bin, or a draw from the quantile knots. */
export const SERVICES = ['mean', 'sampled'] as const

export type Service = (typeof SERVICES)[number]
