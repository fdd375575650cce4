/** Counts connections of clients that are closed for new ones, and logs them. */
import type { Clock } from '../clock.ts'
import type { RouterLog } from './events.ts'
import { createSpacedLines } from './spaced-lines.ts'

/** Time between two lines, ms. */
const BETWEEN_LINES_MS = 60_000

const REPLACED =
  'connections of clients are closed for new ones, the least used first: raise --max-connections, or find the client that opens so many'

export function createReplacedConnections(
  clock: Clock,
  maxConnections: number,
  count: () => void,
  log: Pick<RouterLog, 'warn'> | undefined,
) {
  const lines = createSpacedLines<object>(clock, BETWEEN_LINES_MS, (limit, connections) => {
    log?.warn({ connections, ...limit }, REPLACED)
  })
  return {
    add(): void {
      count()
      lines.add('', { maxConnections })
    },
    stop: lines.stop,
  }
}
