/** The changes of a pool, each followed by decisions. */
interface Changes {
  /**
   * Applies a change, then decides. A change may cause others: a reply may take its server out, which ends the other
   * attempts there. Decisions wait until all of them are complete.
   */
  apply(work: () => void): void
  /** One more decision is needed. */
  decideAgain(): void
}

export function createChanges(decide: () => void): Changes {
  let depth = 0
  let mustDecide = false
  return {
    apply(work) {
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
    decideAgain() {
      mustDecide = true
    },
  }
}
