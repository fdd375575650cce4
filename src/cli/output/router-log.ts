import sonicBoom from 'sonic-boom'

// a CommonJS module without names for import
const { SonicBoom } = sonicBoom

/** The most text that waits while the log takes none, bytes. */
const MOST_WAITING = 1 << 20

/**
 * Where the lines of a router's log go: stderr. Writing never waits for the reader. While the file cannot be written, as on
 * a full disk, text waits up to a limit and further lines are dropped: the router routes on. Later lines try again.
 */
export function routerLog(fd = 2): InstanceType<typeof SonicBoom> {
  // with a least length of 0, flush() does nothing
  const log = new SonicBoom({ fd, sync: false, minLength: 1, maxLength: MOST_WAITING })
  log.on('error', () => undefined)
  log.on('drop', () => log.flush())
  return log
}
