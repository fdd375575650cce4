/**
 * How queries arrive:
 * - `poisson` exponential gaps;
 * - `gamma` gamma gaps with a coefficient of variation: above 1 in bursts, below 1 evenly;
 * - `constant` equal gaps;
 * - `integer-gaps` the generator of the published scripts: each gap is a whole number of milliseconds, drawn
 *   from the Poisson distribution (of counts) around the mean gap. Its gaps vary far less than those of
 *   Poisson arrivals: cv = 1 / √(mean gap in ms).
 */
export const ARRIVAL_PROCESSES = ['poisson', 'gamma', 'constant', 'integer-gaps'] as const

/** The distribution of the gaps between arrivals. */
export type ArrivalProcess = (typeof ARRIVAL_PROCESSES)[number]
