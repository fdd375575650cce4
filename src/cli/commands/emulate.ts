import { once } from 'node:events'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import type { Emulator } from '../../serve/emulator/emulator.ts'
import { applyConfig, inWordsOfFlags } from '../input/config.ts'
import {
  type FleetConfiguration,
  type FleetConfigurationFlags,
  readFleetConfiguration,
} from '../input/configuration.ts'
import * as flags from '../input/flags.ts'
import { readAskedWorkload, type WorkloadFlags } from '../input/question.ts'
import { readServerTls, type ServerTlsFlags } from '../input/tls.ts'
import { interruptSignal, show, tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos emulate --counts g4dn.xlarge=2,r5n.large=9
                                                   two GPUs and nine small machines that serve rm2
  kairos emulate --counts config.json --model dien --port 50051
                                                   the published configuration, on the published ports
  kairos emulate --counts 2,0,9,0 --out fleet      service_addr.json, config.json and fleet.json in a folder

Each server speaks grpc.Scheduler, the Open Inference Protocol v2 and grpc.health.v1. Ctrl-C ends them.`

interface EmulateFlags extends WorkloadFlags, FleetConfigurationFlags, ServerTlsFlags {
  host: string
  port: number
  seed: number
  format: string
  out?: string
  quiet?: boolean
}

/** What is being served is given this long to be answered at the end. */
const GRACE_MS = 500

export function emulateCommand(): Command {
  return new Command('emulate')
    .description('start a server for each instance of a configuration, with the service times of its table')
    .addOption(flags.configuration(' in the order of the space'))
    .addOption(flags.workload())
    .addOption(flags.model())
    .addOption(flags.space())
    .addOption(flags.host())
    .addOption(
      new Option('--port <number>', 'of the first server, the others follow; 0: free ones')
        .default(0)
        .argParser(flags.wholeNumber(0, 65535)),
    )
    .addOption(flags.seed())
    .addOption(flags.tlsCert())
    .addOption(flags.tlsKey())
    .addOption(flags.tlsClientCa())
    .addOption(flags.format('table', 'json'))
    .addOption(
      new Option(
        '--out <dir>',
        'where service_addr.json goes (default: here), then with config.json and fleet.json',
      ),
    )
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, command: Command) => {
      await applyConfig(command)
      await inWordsOfFlags(command, () => emulate(command.opts()))
    })
}

async function emulate(given: EmulateFlags): Promise<void> {
  const signal = interruptSignal()
  const [workload, configuration, tls] = await Promise.all([
    readAskedWorkload(given),
    readFleetConfiguration(given),
    readServerTls(given),
  ])
  const { startEmulator } = await import('../../serve/emulator/emulator.ts')
  const { host, port, seed } = given
  const emulator = await startEmulator({ workload, ...configuration, host, port, seed, tls })
  try {
    const path = await save(emulator, configuration, workload.model, given.out)
    await show(listOf(emulator, given.format))
    tell(
      given.quiet,
      `${emulator.servers.length} servers of ${workload.model}, saved ${path}; Ctrl-C ends them`,
    )
    if (!signal.aborted) await once(signal, 'abort')
  } finally {
    await emulator.close(GRACE_MS)
  }
}

/** Writes what clients have to know; returns where the addresses are. */
async function save(
  { servers }: Emulator,
  { types, counts }: FleetConfiguration,
  model: string,
  out?: string,
): Promise<string> {
  const { writeServiceAddresses } = await import('../../files/documents/service-addresses.ts')
  const path = join(out ?? '.', 'service_addr.json')
  if (out !== undefined) {
    const { writeCounts } = await import('../../files/documents/counts.ts')
    const { writeFleet } = await import('../../files/documents/fleet.ts')
    await writeCounts(join(out, 'config.json'), new Map(types.map((type, t) => [type, counts[t]])))
    const fleet = servers.map(({ address, type }) => ({ address, type, model }))
    await writeFleet(join(out, 'fleet.json'), fleet)
  }
  // last, so that who waits for it finds everything
  await writeServiceAddresses(
    path,
    servers.map(({ address }) => address),
  )
  return path
}

async function* listOf({ servers }: Emulator, format: string): AsyncGenerator<string> {
  const rows = servers.map(({ address, type }, index) => ({ index, type, address }))
  if (format === 'json') yield `${JSON.stringify({ servers: rows }, null, 2)}\n`
  const width = Math.max(...rows.map(({ type }) => type.length))
  if (format === 'table') {
    for (const { index, type, address } of rows) {
      yield `${String(index).padStart(4)}  ${type.padEnd(width)}  ${address}\n`
    }
  }
}
