/** The weight of the last gap between arrivals in the means of their square roots is one over these. */
const FEW_GAPS = 64
const MANY_GAPS = 512

/** Learns the gaps between arrivals. */
export function createGaps() {
  let lastArrivalMs = 0
  let rootGap = 0
  let longRootGap = 0
  return {
    /** @param earlier how many queries have arrived before */
    learn(earlier: number, arrivalMs: number) {
      // a query that arrived before the last one is a retry, and does not count
      if (earlier > 0 && arrivalMs < lastArrivalMs) return
      if (earlier > 0) {
        const root = Math.sqrt(arrivalMs - lastArrivalMs)
        rootGap += (root - rootGap) / FEW_GAPS
        longRootGap += (root - longRootGap) / Math.min(MANY_GAPS, Math.max(FEW_GAPS, earlier))
      }
      lastArrivalMs = arrivalMs
    },
    /** The mean gap of Poisson arrivals, ms, whose gaps have square roots with the lower of the two means. */
    steadyMs() {
      const root = Math.min(rootGap, longRootGap)
      return (4 / Math.PI) * root * root
    },
  }
}
