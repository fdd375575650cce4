/** The weight of the last gap between arrivals in the means of their square roots is one over these. */
const FEW_GAPS = 64
const MANY_GAPS = 512

/** Learns the gaps between arrivals. */
export function createGaps() {
  let lastMs = 0
  let root = 0
  let longRoot = 0
  return {
    /** @param earlier how many queries have arrived before */
    arrive(earlier: number, arrivalMs: number) {
      // a query that is tried again arrived before the last one: it does not count
      if (earlier > 0 && arrivalMs >= lastMs) {
        const gapRoot = Math.sqrt(arrivalMs - lastMs)
        root += (gapRoot - root) / FEW_GAPS
        longRoot += (gapRoot - longRoot) / Math.min(MANY_GAPS, Math.max(FEW_GAPS, earlier))
      }
      lastMs = earlier > 0 ? Math.max(lastMs, arrivalMs) : arrivalMs
    },
    /** The mean gap of Poisson arrivals, ms, whose gaps have square roots with the lower of the two means. */
    steadyMs() {
      const least = Math.min(root, longRoot)
      return (4 / Math.PI) * least * least
    },
  }
}
