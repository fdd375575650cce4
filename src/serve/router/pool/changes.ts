/** The changes of a pool, each followed by decisions. */
export interface Changes {
  /**
   * Applies a change, then decides. A change may cause others, for instance where a reply takes a server out, and the
   * server another request: decisions wait until all of them are complete.
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
