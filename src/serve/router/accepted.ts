import type { Job, Outcome } from './job.ts'
import type { Work } from './member.ts'

/** Requests that were accepted, until each has its outcome: one, and once. */
export interface Accepted {
  /** Bytes of all of them. */
  readonly bytes: number
  of(job: Job): Work | undefined
  all(): Work[]
  add(work: Work): void
  settle(work: Work, outcome: Outcome): void
  /** Nobody waits for its outcome any more. */
  drop(work: Work): void
  /** Resolves when none is left. */
  emptied(): Promise<void>
}

export function createAccepted(): Accepted {
  const works = new Map<Job, Work>()
  let bytes = 0
  let emptied: (() => void) | undefined

  function drop(work: Work): void {
    works.delete(work.job)
    bytes -= work.job.request.length
    if (works.size === 0) emptied?.()
  }

  return {
    get bytes() {
      return bytes
    },
    of: (job) => works.get(job),
    all: () => [...works.values()],
    add(work) {
      works.set(work.job, work)
      bytes += work.job.request.length
    },
    settle(work, outcome) {
      drop(work)
      work.job.settle(outcome)
    },
    drop,
    emptied: () =>
      new Promise((resolve) => {
        if (works.size === 0) resolve()
        else emptied = resolve
      }),
  }
}
