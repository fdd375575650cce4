/** Whether as many files may be open as a router may need: without a descriptor, connections end without a reason. */
import type { Registry } from 'prom-client'
import type { RouterLog } from './events.ts'

/** Files besides the connections of clients and servers: those of probes, of the log, and of the process itself. */
const OTHER_FILES = 100

const CURE =
  'raise the limit of open files (ulimit -n, LimitNOFILE of systemd), or lower --max-connections: beyond the limit of files, connections are closed without a line in the log'

/**
 * Warns of a limit that the connections of clients may reach.
 *
 * @param registry has the limit, on systems that tell it
 */
export async function warnOfFewFiles(
  registry: Pick<Registry, 'getSingleMetric'>,
  { maxConnections, servers }: { readonly maxConnections: number; readonly servers: number },
  log: Pick<RouterLog, 'warn'>,
): Promise<void> {
  const told = await registry.getSingleMetric('process_max_fds')?.get()
  const maxFiles = told?.values[0]?.value ?? Infinity
  if (maxFiles >= maxConnections + servers + OTHER_FILES) return
  log.warn({ maxFiles, maxConnections, servers }, `the router may open too few files: ${CURE}`)
}
