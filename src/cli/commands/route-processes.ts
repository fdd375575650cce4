import { pino } from 'pino'
import { checkPorts } from '../../serve/grpc/accept.ts'
import { startProcesses } from '../../serve/processes.ts'
import { ADMIN_ADDRESS } from '../../serve/router/admin.ts'
import { routerLog } from '../output/router-log.ts'
import { aborted, serverSignals, startedUnless } from '../output/signals.ts'
import { show } from '../output/terminal.ts'

interface ProcessFlags {
  readonly processes: number
  readonly host: string
  readonly port: number
  readonly adminHost: string
  readonly adminPort: number
  readonly logLevel: string
}

/** Runs several router processes until a signal. Each reads the flags and the files itself. */
export async function routeInProcesses(given: ProcessFlags): Promise<void> {
  const { processes: count, host, port, adminHost, adminPort, logLevel } = given
  const { signal, onHangup } = serverSignals()
  const { destination, end: endLog } = routerLog()
  const log = pino({ level: logLevel, base: null }, destination)
  const onRestart = (index: number, how: string, error: string | undefined) => {
    const restart = `router process ${index + 1} of ${count} ended ${how} and is started again`
    // its error is told nowhere else
    if (error === undefined) log.warn(restart)
    else log.error({ error }, restart)
  }
  // the other processes end with this one
  const processes = await startedUnless(signal, async () => {
    // before any process starts, each of which takes another port for its own metrics
    await checkPorts([
      { host, port },
      { host: adminHost, port: adminPort, names: ADMIN_ADDRESS },
    ])
    return startProcesses({ count, adminHost, adminPort, onRestart })
  })
  onHangup(processes.reload)
  await show([processes.line])
  await aborted(signal)
  await processes.close()
  await endLog()
}
