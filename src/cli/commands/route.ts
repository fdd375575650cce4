import { once } from 'node:events'
import { Command, Option } from 'commander'
import { POLICIES } from '../../dispatch/policies.ts'
import { readFleet, watchFleet } from '../../files/documents/fleet.ts'
import { readWorkload } from '../../files/documents/workload.ts'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
import type { Workload } from '../../model/workload.ts'
import { applyConfig, inWordsOfFlags } from '../input/config.ts'
import { type FleetConfigurationFlags, readFleetConfiguration } from '../input/configuration.ts'
import * as flags from '../input/flags.ts'
import { type ClientTlsFlags, readClientTls, readServerTls, type ServerTlsFlags } from '../input/tls.ts'
import { interruptSignal, show, tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos emulate --counts 2,0,9,0 --out run & kairos route --fleet run/fleet.json
                                          a router of rm2 in front of emulated servers
  kairos route --fleet fleet.yaml -w bert.yaml --host 0.0.0.0 --tls-cert c.pem --tls-key k.pem
                                          your own model, for clients of other machines
  kairos route --service-addr service_addr.json --counts config.json
                                          the servers that the published scripts have started

A fleet is { servers: [{ address, type, model }] } in JSON or YAML; its file is watched, servers come and go
without a restart. Clients speak grpc.Scheduler or the Open Inference Protocol v2 on --port; /metrics, /healthz and
/readyz are on --admin-port. SIGTERM answers what is there and ends.`

interface RouteFlags extends FleetConfigurationFlags, ServerTlsFlags, ClientTlsFlags {
  fleet?: string
  serviceAddr?: string
  workload?: string[]
  model?: string
  qosMs?: number
  percentile?: number
  policy: string
  host: string
  port: number
  adminPort: number
  queue: number
  admission: 'target' | 'all'
  maxMessageMb: number
  maxConnections: number
  healthIntervalMs: number
  drainMs: number
  logLevel: string
}

const port = (flag: string, what: string, standard: number) =>
  new Option(`${flag} <number>`, what).default(standard).argParser(flags.wholeNumber(0, 65535))

const amount = (flag: string, what: string, standard: number, least: number, most: number) =>
  new Option(flag, what).default(standard).argParser(flags.wholeNumber(least, most))

export function routeCommand(): Command {
  return new Command('route')
    .description('route requests of clients to live servers, with the dispatcher')
    .addOption(new Option('--fleet <file>', 'the servers; watched'))
    .addOption(new Option('--service-addr <file>', 'a published list of servers instead, with --counts'))
    .addOption(flags.configuration(' in the order of the space'))
    .addOption(flags.space())
    .addOption(
      new Option(
        '-w, --workload <file>',
        'what is served (JSON or YAML); several times for several models',
      ).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]),
    )
    .addOption(flags.model())
    .addOption(flags.qosMs())
    .addOption(flags.percentile())
    .addOption(
      new Option('--policy <name>', 'the rule of the dispatcher')
        .choices(POLICIES.map(({ name }) => name))
        .default(POLICIES[0].name),
    )
    .addOption(flags.host())
    .addOption(port('--port', 'for clients; 0: a free one', 8001))
    .addOption(port('--admin-port', 'for /metrics, /healthz and /readyz; 0: a free one', 8002))
    .addOption(flags.tlsCert())
    .addOption(flags.tlsKey())
    .addOption(flags.tlsClientCa())
    .addOption(flags.tlsCa())
    .addOption(flags.tlsServerName())
    .addOption(flags.clientCert())
    .addOption(flags.clientKey())
    .addOption(amount('--queue <count>', 'requests of a model that may wait', 1_000, 1, 1e6))
    .addOption(
      new Option(
        '--admission <rule>',
        'target: refuse what is going to be late once too many are; all: never',
      )
        .choices(['target', 'all'])
        .default('target'),
    )
    .addOption(amount('--max-message-mb <mebibytes>', 'largest message', 16, 1, 1024))
    .addOption(amount('--max-connections <count>', 'connections of clients', 1_024, 1, 1e6))
    .addOption(amount('--health-interval-ms <ms>', 'between checks of a server', 1_000, 50, 3_600_000))
    .addOption(amount('--drain-ms <ms>', 'for what is there when the end is asked for', 30_000, 0, 3_600_000))
    .addOption(
      new Option('--log-level <level>', 'of the log on stderr (JSON lines)')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .addOption(flags.config())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, command: Command) => {
      await applyConfig(command)
      await inWordsOfFlags(command, () => route(command.opts()))
    })
}

async function route(given: RouteFlags): Promise<void> {
  const signal = interruptSignal()
  const [workload, fleet, tls, serverTls] = await Promise.all([
    readWorkloads(given),
    readServers(given),
    readServerTls(given),
    readClientTls(given),
  ])
  const [{ createRouter }, { pino }] = await Promise.all([
    import('../../serve/router/router.ts'),
    import('pino'),
  ])
  const log = pino({ level: given.logLevel, base: null }, pino.destination({ dest: 2, sync: false }))
  const { host, port, adminPort, policy, queue, admission, maxConnections, healthIntervalMs } = given
  const router = await createRouter({
    workload,
    fleet,
    policy,
    host,
    port,
    adminPort,
    tls,
    serverTls,
    queue,
    admission,
    maxMessageBytes: given.maxMessageMb * 2 ** 20,
    maxConnections,
    healthIntervalMs,
    log,
  })
  if (given.fleet !== undefined) {
    const change = (servers: FleetServer[]) => {
      router.setFleet(servers)
      log.info({ servers: servers.length }, 'the fleet has been read')
    }
    watchFleet(given.fleet, signal, change, (error) => {
      log.error({ error: (error as Error).message }, 'the fleet cannot be read; the one before stays')
    })
  }
  const models = workload.map(({ model }) => model).join(', ')
  await show(
    oneChunk(`routing ${models} on ${router.address}, metrics on http://${router.adminAddress}/metrics\n`),
  )
  if (!signal.aborted) await once(signal, 'abort')
  log.info({}, 'shutting down: what is there is answered')
  await router.close(given.drainMs)
  log.info({}, 'ended')
  log.flush()
}

async function readWorkloads({ workload, model, qosMs, percentile }: RouteFlags): Promise<Workload[]> {
  if (workload !== undefined && model !== undefined) {
    throw new KairosError('BAD_USAGE', '--workload and --model name a workload each', {}, 'leave one out')
  }
  const read = await Promise.all(
    (workload ?? [model ?? 'rm2']).map((name) => readWorkload(name, { onNote: (note) => tell(false, note) })),
  )
  return read.map((one) => ({ ...one, qosMs: qosMs ?? one.qosMs, percentile: percentile ?? one.percentile }))
}

async function readServers(given: RouteFlags): Promise<FleetServer[]> {
  const { fleet, serviceAddr } = given
  if ((fleet === undefined) === (serviceAddr === undefined)) {
    const problem = fleet === undefined ? 'no fleet is given' : '--fleet and --service-addr name a fleet each'
    throw new KairosError('BAD_USAGE', problem, {}, 'give --fleet FILE, or --service-addr FILE with --counts')
  }
  if (fleet !== undefined) return readFleet(fleet)
  const { types, counts } = await readFleetConfiguration(given)
  const { readServiceAddresses } = await import('../../files/documents/service-addresses.ts')
  const typeOf = counts.flatMap((count, t) => new Array<string>(count).fill(types[t]))
  const addresses = await readServiceAddresses(serviceAddr!, typeOf.length)
  return addresses.map((address, i) => ({ address, type: typeOf[i] }))
}

async function* oneChunk(text: string): AsyncGenerator<string> {
  yield text
}
