import sonicBoom from 'sonic-boom'

// a CommonJS module without names for import
const { SonicBoom } = sonicBoom

/** The most text that waits while the log takes none, bytes. */
const MOST_WAITING = 1 << 20

/** The time for the last lines of a log, ms: perhaps no program reads them. */
const LAST_LINES_MS = 1_000

interface RouterLog {
  readonly destination: InstanceType<typeof SonicBoom>
  /** Resolves once all lines are written, or could not be, or after a second. */
  end(): Promise<void>
}

/**
 * Where the lines of a router's log go: stderr. Writing never waits for the reader. While the file cannot be written,
 * as on a full disk, text waits up to a limit and further lines are dropped: the router routes on. Later lines try
 * again.
 */
export function routerLog(fd = 2): RouterLog {
  let isOver = false
  // with a least length of 0, flush() does nothing
  const sizes = { minLength: 1, maxLength: MOST_WAITING }
  const destination = new SonicBoom({ fd, sync: false, ...sizes, retryEAGAIN: () => !isOver })
  destination.on('error', () => undefined)
  destination.on('drop', () => destination.flush())
  return {
    destination,
    // not flushSync(): on a full disk it never returns
    end() {
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          isOver = true
          resolve()
        }, LAST_LINES_MS)
        destination.flush(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    },
  }
}
