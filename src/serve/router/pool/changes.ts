/**
 * The changes of a pool, each followed by decisions.
 *
 * @param decide makes the decisions
 */
export function createChanges(decide: () => void) {
  let depth = 0
  let mustDecide = false
  return {
    /**
     * Applies a change, then decides. A change may cause others: a reply may take its server out, which ends the other
     * attempts there. Decisions wait until all of them are complete.
     */
    apply(work: () => void): void {
      depth++
      try {
        work()
        mustDecide = true
        while (depth === 1 && mustDecide) {
          mustDecide = false
          decide()
        }
      } finally {
        depth--
      }
    },
    /** One more decision is needed. */
    decideAgain(): void {
      mustDecide = true
    },
  }
}
