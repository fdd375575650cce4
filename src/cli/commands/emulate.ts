import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { writeCounts } from '../../files/documents/counts.ts'
import { writeFleet } from '../../files/documents/fleet.ts'
import { readPlan } from '../../files/documents/plan.ts'
import { writeServiceAddresses } from '../../files/documents/service-addresses.ts'
import { counted } from '../../model/counted.ts'
import { MAX_SLOTS } from '../../model/fleet/space.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { jsonText } from '../../report/json.ts'
import { type EmulatedServer, startEmulator } from '../../serve/emulator/emulator.ts'
import { emulatePlan } from '../../serve/emulator/planned.ts'
import type { ServerTls } from '../../serve/grpc/tls.ts'
import { runWith } from '../input/config.ts'
import {
  type FleetConfiguration,
  type FleetConfigurationFlags,
  readFleetConfiguration,
} from '../input/configuration.ts'
import type { FlagRule } from '../input/flag-rules.ts'
import * as flags from '../input/flags.ts'
import { wholeNumber } from '../input/parse.ts'
import { readAskedWorkload, type WorkloadFlags } from '../input/question.ts'
import { readServerTls, type ServerTlsFlags } from '../input/tls.ts'
import { aborted, interruptSignal, startedUnless } from '../output/signals.ts'
import { show, tell } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm emulate --counts g4dn.xlarge=2,r5n.large=9
                                                        two GPUs and nine small machines that serve rm2
  kairos-wasm emulate --counts config.json --model dien --port 50051
                                                        the published configuration, on the published ports
  kairos-wasm emulate --counts 2,0,9,0 --out fleet      service_addr.json, config.json and fleet.json in a folder
  kairos-wasm emulate --plan plan.json --plan-speed 60 --out fleet
                                                        servers that join and leave as a plan says, an hour a minute
  kairos-wasm emulate --counts g4dn.xlarge=1 --slots 4  a server that takes four queries at the same time
  kairos-wasm emulate --counts 2,0,9,0 --model mtwnd --max-batch 400
                                                        servers that serve what waits as one batch, up to 400 items

Each server speaks grpc.Scheduler, the Open Inference Protocol v2 and grpc.health.v1, over gRPC and not over HTTP. Ctrl-C
ends them.`

interface EmulateFlags extends WorkloadFlags, FleetConfigurationFlags, ServerTlsFlags {
  host: string
  port: number
  plan?: string
  planSpeed: number
  slots?: number
  seed: number
  format: string
  out?: string
}

const RULES: readonly FlagRule[] = [
  {
    flags: ['--counts', '--space', '--port'],
    beside: ['--plan'],
    problem: (flag) => `${flag} is for one configuration, --plan has many`,
  },
]

/** Time for open requests to be answered at the end, ms. */
const GRACE_MS = 500

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.configuration(),
    flags.workload(),
    flags.model(),
    flags.space(),
    flags.batching(),
    flags.host(),
    new Option(
      '--port <number>',
      'port of the first server, and of the others in sequence; 0: any free ports',
    )
      .default(0)
      .argParser(wholeNumber(0, 65535)),
    new Option(
      '--plan <file>',
      'a plan (kairos-wasm plan --format json) instead of --counts: servers join after their start delay, and leave',
    ),
    flags.planSpeed(),
    new Option(
      '--slots <count>',
      'queries that each server takes at the same time (default: the slots of the space or the plan, or 1)',
    ).argParser(wholeNumber(1, MAX_SLOTS)),
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
  runWith(command, emulate, { rules: RULES })
}

async function emulate(given: EmulateFlags): Promise<void> {
  const signal = interruptSignal()
  const [workload, tls] = await startedUnless(signal, () =>
    Promise.all([readAskedWorkload(given), readServerTls(given)]),
  )
  if (given.plan !== undefined) return underPlan(given, given.plan, workload, tls, signal)
  const { host, port, seed } = given
  const { configuration, emulator } = await startedUnless(signal, async () => {
    const { configuration } = await readFleetConfiguration(given)
    const slots = given.slots ?? configuration.slots
    const emulator = await startEmulator({ workload, ...configuration, host, port, slots, seed, tls })
    return { configuration, emulator }
  })
  try {
    const saved = await save(emulator.servers, configuration, workload.model, given)
    await show(listOf(emulator.servers, given.format))
    const servers = counted(emulator.servers.length, 'server')
    tell(given.quiet, `${servers} of ${workload.model}, saved ${saved}; Ctrl-C ends them`)
    await aborted(signal)
  } finally {
    await emulator.close(GRACE_MS)
  }
}

/** Servers that join and leave as a plan says. The files that clients read are written again whenever they do. */
async function underPlan(
  given: EmulateFlags,
  plan: string,
  workload: Workload,
  tls: ServerTls | undefined,
  signal: AbortSignal,
): Promise<void> {
  const schedule = await readPlan(plan, [workload.model])
  const { host, slots, seed, planSpeed: speed, quiet } = given
  const { types } = schedule
  const emulator = await emulatePlan({
    ...{ workload, schedule, speed, host, slots, seed, tls },
    async onChange(servers, starting) {
      const counts = types.map((type) => servers.filter((server) => server.type === type).length)
      await save(servers, { types, counts }, workload.model, given)
      const soon = starting > 0 ? `, ${starting} starting` : ''
      tell(quiet, `${counted(servers.length, 'server')} of ${workload.model}${soon}`)
    },
    onError: (error) => process.stderr.write(`kairos-wasm: ${(error as Error).message}\n`),
  })
  try {
    await show(listOf(emulator.servers, given.format))
    tell(quiet, 'the plan is followed; Ctrl-C ends it')
    await aborted(signal)
  } finally {
    await emulator.close(GRACE_MS)
  }
}

/**
 * The address of a server for clients: of one that listens on all addresses of the machine, an address that other
 * machines reach.
 */
function reachable(address: string): string {
  const [, port] = /^(?:0\.0\.0\.0|\[::\]):(\d+)$/.exec(address) ?? []
  if (port === undefined) return address
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)
  return `${outside?.address ?? '127.0.0.1'}:${port}`
}

/** Writes the files that clients read. @returns their paths, separated by commas */
async function save(
  servers: readonly EmulatedServer[],
  { types, counts }: FleetConfiguration,
  model: string,
  { out }: Pick<EmulateFlags, 'out'>,
): Promise<string> {
  const path = join(out ?? '.', 'service_addr.json')
  const others = out === undefined ? [] : [join(out, 'config.json'), join(out, 'fleet.json')]
  if (out !== undefined) {
    await writeCounts(join(out, 'config.json'), new Map(types.map((type, t) => [type, counts[t]])))
    const fleet = servers.map(({ address, type, slots }) => {
      return { address: reachable(address), type, model, ...(slots > 1 && { slots }) }
    })
    await writeFleet(join(out, 'fleet.json'), fleet)
  }
  // last, so that all other files exist as soon as this one does
  await writeServiceAddresses(
    path,
    servers.map(({ address }) => reachable(address)),
  )
  return [...others, path].join(', ')
}

function listOf(servers: readonly EmulatedServer[], format: string): string[] {
  const rows = servers.map(({ address, type }, index) => ({ index, type, address }))
  if (format === 'json') return [jsonText({ servers: rows })]
  const width = Math.max(0, ...rows.map(({ type }) => type.length))
  return rows.map(({ index, type, address }) => {
    return `${String(index).padStart(4)}  ${type.padEnd(width)}  ${address}\n`
  })
}
