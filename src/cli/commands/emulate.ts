import { once } from 'node:events'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { writeCounts } from '../../files/documents/counts.ts'
import { writeFleet } from '../../files/documents/fleet.ts'
import { writeServiceAddresses } from '../../files/documents/service-addresses.ts'
import { jsonText } from '../../report/json.ts'
import { type Emulator, startEmulator } from '../../serve/emulator/emulator.ts'
import { runWith } from '../input/config.ts'
import {
  type FleetConfiguration,
  type FleetConfigurationFlags,
  readFleetConfiguration,
} from '../input/configuration.ts'
import * as flags from '../input/flags.ts'
import { wholeNumber } from '../input/parse.ts'
import { readAskedWorkload, type WorkloadFlags } from '../input/question.ts'
import { readServerTls, type ServerTlsFlags } from '../input/tls.ts'
import { interruptSignal, show, tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos-wasm emulate --counts g4dn.xlarge=2,r5n.large=9
                                                   two GPUs and nine small machines that serve rm2
  kairos-wasm emulate --counts config.json --model dien --port 50051
                                                   the published configuration, on the published ports
  kairos-wasm emulate --counts 2,0,9,0 --out fleet      service_addr.json, config.json and fleet.json in a folder

Each server speaks grpc.Scheduler, the Open Inference Protocol v2 and grpc.health.v1. Ctrl-C ends them.`

interface EmulateFlags extends WorkloadFlags, FleetConfigurationFlags, ServerTlsFlags {
  host: string
  port: number
  seed: number
  format: string
  out?: string
  quiet?: boolean
}

/** Time for open requests to be answered at the end. */
const GRACE_MS = 500

export function define(command: Command): void {
  flags
    .addFlags(
      command,
      flags.configuration(),
      flags.workload(),
      flags.model(),
      flags.space(),
      flags.host(),
      new Option(
        '--port <number>',
        'port of the first server, and of the others in sequence; 0: any free ports',
      )
        .default(0)
        .argParser(wholeNumber(0, 65535)),
      flags.seed(),
      flags.serverTls(),
      flags.format('table', 'json'),
      new Option(
        '--out <dir>',
        'folder of service_addr.json (default: here); with this flag also config.json and fleet.json',
      ),
      flags.config(),
      flags.quiet(),
    )
    .addHelpText('after', EXAMPLES)
  runWith(command, emulate)
}

async function emulate(given: EmulateFlags): Promise<void> {
  const signal = interruptSignal()
  const [workload, configuration, tls] = await Promise.all([
    readAskedWorkload(given),
    readFleetConfiguration(given),
    readServerTls(given),
  ])
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

/** Writes the files that clients read; returns the path of the addresses. */
async function save(
  { servers }: Emulator,
  { types, counts }: FleetConfiguration,
  model: string,
  out?: string,
): Promise<string> {
  const path = join(out ?? '.', 'service_addr.json')
  if (out !== undefined) {
    await writeCounts(join(out, 'config.json'), new Map(types.map((type, t) => [type, counts[t]])))
    const fleet = servers.map(({ address, type }) => ({ address, type, model }))
    await writeFleet(join(out, 'fleet.json'), fleet)
  }
  // last, so that all other files exist as soon as this one does
  await writeServiceAddresses(
    path,
    servers.map(({ address }) => address),
  )
  return path
}

async function* listOf({ servers }: Emulator, format: string): AsyncGenerator<string> {
  const rows = servers.map(({ address, type }, index) => ({ index, type, address }))
  if (format === 'json') yield jsonText({ servers: rows })
  const width = Math.max(...rows.map(({ type }) => type.length))
  if (format === 'table') {
    for (const { index, type, address } of rows) {
      yield `${String(index).padStart(4)}  ${type.padEnd(width)}  ${address}\n`
    }
  }
}
