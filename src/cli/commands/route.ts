import { type Command, Option } from 'commander'
import { pino } from 'pino'
import { POLICIES } from '../../dispatch/policies.ts'
import { SEND_BATCHES, type SendBatches } from '../../model/fleet/fleet.ts'
import { type FleetShard, shardWithin } from '../../model/fleet/shard.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { slowPolicies } from '../../report/replay/slow-policies.ts'
import { endProcess, leaveProcesses, placeOfProcess, reportStarted, servedMs } from '../../serve/processes.ts'
import type { CustomMethod } from '../../serve/protocols/custom.ts'
import { METRICS_BY, type MetricsBy } from '../../serve/router/gauges.ts'
import { warnOfOverhead } from '../../serve/router/overhead.ts'
import { createRouter } from '../../serve/router/router.ts'
import type { RouterOptions } from '../../serve/router/router-options.ts'
import { growYoungGenerationAtOnce } from '../../serve/young-generation.ts'
import { runWith } from '../input/config.ts'
import { type FlagRule, together } from '../input/flag-rules.ts'
import * as flags from '../input/flags.ts'
import { ONLINE_RULES, type OnlineRuleFlags, onlineRuleFlags, readAdvisor } from '../input/online-rule.ts'
import { wholeNumber } from '../input/parse.ts'
import { ROUTE_FLEET_RULES, type RouteFleetFlags, readRouteFleet } from '../input/route-fleet.ts'
import { extrapolateTo } from '../input/route-workloads.ts'
import { shardOfAtMost } from '../input/shard-flags.ts'
import { duration } from '../input/times.ts'
import { type ClientTlsFlags, readClientTls, readServerTls, type ServerTlsFlags } from '../input/tls.ts'
import { BAD_INPUT } from '../output/exit-status.ts'
import { routerLog } from '../output/router-log.ts'
import { aborted, ignoreFurtherSignals, serverSignals, startedUnless } from '../output/signals.ts'
import { show } from '../output/terminal.ts'
import { followChanges, type RoutedFleet, routedServers } from './route-changes.ts'
import { type PlanFlags, serversUnderPlan, warnOfMissingServers } from './route-plan.ts'
import { routeInProcesses } from './route-processes.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm route --fleet run/fleet.json
                                          a router of rm2, once emulate --counts 2,0,9,0 --out run has started its servers
  kairos-wasm route --fleet fleet.yaml -w bert.yaml --host 0.0.0.0 --tls-cert c.pem --tls-key k.pem
                                          your own model, for clients of other machines
  kairos-wasm route --service-addr service_addr.json --counts config.json
                                          the servers that the published scripts have started
  kairos-wasm route --fleet fleet.json -w bert.yaml --method /acme.Ranker/Rank --batch-field 1.2
                                          a gRPC method of your own, whose requests have their batch in field 1.2
  kairos-wasm route --fleet fleet.json -w bert.yaml --max-batch 64 --send-batches merge
                                          requests of the Open Inference Protocol are joined, up to 64 items
  kairos-wasm route --fleet fleet.json --processes 4
                                          four processes on one port, for large fleets
  kairos-wasm route --fleet fleet.json --plan week.json --plan-from clock
                                          of these servers, as many as a plan of a week has at this time
  kairos-wasm route --fleet fleet.json --online 600 --space space.json --start-delay g4dn.xlarge=480
                                          metrics of how many servers there should be, for an autoscaler

A fleet is { servers: [{ address, type, model }] } in JSON or YAML. Its file is watched: servers can be added and
removed without a restart. Clients use grpc.Scheduler or the Open Inference Protocol v2, over gRPC or HTTP, on --port;
/metrics, /healthz and /readyz are on --admin-host and --admin-port. On SIGTERM the router drains, then exits. SIGHUP reads
the fleet and the certificates again.`

interface RouteFlags extends RouteFleetFlags, PlanFlags, ServerTlsFlags, ClientTlsFlags, OnlineRuleFlags {
  sendBatches?: SendBatches
  policy: string
  host: string
  port: number
  adminHost: string
  adminPort: number
  metricsBy: MetricsBy
  queue: number
  admission: 'target' | 'all'
  maxWait?: number
  method?: string
  batchField?: string
  modelField?: string
  translate?: boolean
  processes: number
  shard?: FleetShard
  maxMessageMb: number
  maxBufferedMb: number
  maxConnections: number
  healthIntervalMs: number
  lameDuck: number
  drainMs: number
  logLevel: string
}

const METHOD = 'a method is given with the field of its batch'

const RULES: readonly FlagRule[] = [
  ...ROUTE_FLEET_RULES,
  ...ONLINE_RULES,
  ...together('--method', '--batch-field', METHOD),
  { flags: ['--model-field'], unless: ['--method'], problem: '--method is missing', cure: METHOD },
]

const port = (flag: string, what: string, standard: number) =>
  new Option(`${flag} <number>`, what).default(standard).argParser(wholeNumber(0, 65535))

const amount = (flag: string, what: string, standard: number, least: number, most: number) =>
  new Option(flag, what).default(standard).argParser(wholeNumber(least, most))

export function define(command: Command): void {
  flags.addFlags(
    command,
    new Option('--fleet <file>', 'the servers; the file is watched for changes'),
    new Option(
      '--plan <file>',
      'a plan (kairos-wasm plan --format json): only as many servers of each type get requests as the plan has at the time',
    ),
    new Option(
      '--plan-from <when>',
      'with --plan: begin starts at its first window, clock at the window of the present time; a cycle starts when the plan says, else on Monday at midnight UTC',
    )
      .choices(['begin', 'clock'])
      .default('begin'),
    flags.planSpeed(),
    onlineRuleFlags(),
    new Option('--service-addr <file>', 'a published list of servers instead, with --counts'),
    flags.configuration(),
    flags.space(),
    new Option(
      '-w, --workload <file>',
      'the workload to serve (JSON or YAML); several times for several models',
    ).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]),
    flags.model(),
    flags.qosMs(),
    flags.percentile(),
    flags.batching(),
    new Option(
      '--send-batches <how>',
      'how servers get the requests of a batch: parallel, at the same moment, or merge, joined into one (default: parallel)',
    ).choices(SEND_BATCHES),
    extrapolateTo(),
    new Option('--policy <name>', 'the policy of the dispatcher')
      .choices(POLICIES.map(({ name }) => name))
      .default(POLICIES[0].name),
    flags.host(),
    port('--port', 'port for clients; 0: any free port', 8001),
    new Option('--admin-host <address>', 'address of /metrics, /healthz and /readyz').default('127.0.0.1'),
    port('--admin-port', 'port of /metrics, /healthz and /readyz; 0: any free port', 8002),
    new Option('--metrics-by <what>', 'series of each instance type, or of each server too')
      .choices(METRICS_BY)
      .default('type'),
    flags.serverTls(),
    flags.clientTls(),
    amount('--queue <count>', 'the most requests of a model that may wait', 1_000, 1, 1e6),
    new Option(
      '--admission <rule>',
      'target: refuse requests that will be late once too many are late; all: refuse none',
    )
      .choices(['target', 'all'])
      .default('target'),
    new Option(
      '--max-wait <time>',
      'the longest wait of a request, such as 2s (default: twice the target; with --admission all ten times, at least 5s)',
    ).argParser(duration(3_600_000)),
    new Option('--method </package.Service/Method>', 'a unary gRPC method of your servers to route as well'),
    new Option(
      '--batch-field <path>',
      'where its requests have their batch: protobuf field numbers, as in 2.2.2.2.1; 3[] counts a field',
    ),
    new Option('--model-field <path>', 'where its requests name their model (default: the first model)'),
    new Option(
      '--translate',
      'translate between clients and servers of different protocols, with zeros instead of inputs and outputs: for the published scripts',
    ),
    amount('--processes <count>', 'router processes on the port, each with its part of the fleet', 1, 1, 64),
    new Option(
      '--shard <i/N>',
      'route on part i of N of the fleet, where i counts from 0; other routers take the other parts',
    ).argParser(shardOfAtMost(1000)),
    amount('--max-message-mb <mebibytes>', 'largest message', 16, 1, 1024),
    amount('--max-buffered-mb <mebibytes>', 'most memory for requests and unread responses', 256, 1, 65_536),
    amount('--max-connections <count>', 'most connections of clients', 1_024, 1, 1e6),
    amount('--health-interval-ms <ms>', 'time between two checks of a server', 1_000, 50, 3_600_000),
    new Option(
      '--lame-duck <time>',
      'after SIGTERM, keep serving for this time, such as 5s, and say on /readyz that load balancers should stop sending',
    )
      .default(0)
      .argParser(duration(600_000)),
    amount('--drain-ms <ms>', 'time for open requests after SIGTERM', 30_000, 0, 3_600_000),
    new Option('--log-level <level>', 'level of the log on stderr (JSON lines)')
      .choices(['debug', 'info', 'warn', 'error', 'silent'])
      .default('info'),
    flags.config(),
  )
  runWith(command, route, { rules: RULES })
}

async function route(given: RouteFlags): Promise<void> {
  const place = placeOfProcess()
  if (given.processes > 1 && place === undefined) return routeInProcesses(given)
  try {
    await routeHere(given, place)
  } catch (error) {
    if (!(await leaveProcesses(error))) throw error
    process.exitCode = BAD_INPUT
  }
}

/** @param place of this process among several */
async function routeHere(given: RouteFlags, place: FleetShard | undefined): Promise<void> {
  growYoungGenerationAtOnce()
  const { signal, onHangup } = serverSignals()
  // a signal to the whole group comes from the first process too, and must not cut the drain short
  if (place !== undefined) ignoreFurtherSignals()
  const [{ workload, listed, plan }, tls, serverTls] = await startedUnless(signal, () =>
    Promise.all([readRouteFleet(given), readServerTls(given), readClientTls(given)]),
  )
  const advisor = await readAdvisor(given, workload)
  const chosen = plan ? serversUnderPlan(plan, given, servedMs()) : undefined
  const shard = shardWithin(given.shard ?? WHOLE, place ?? WHOLE)
  // the other processes follow the same plan
  const warnsForAll = (place?.index ?? 0) === 0
  const routed: RoutedFleet = { given, workload, plan, chosen, shard, warnsForAll, listed }
  const { destination, end: endLog } = routerLog()
  const log = pino({ level: given.logLevel, base: null }, destination)
  const fleet = routedServers(routed, listed, log)
  const slots = fleet.reduce((sum, { slots = 1 }) => sum + slots, 0)
  const slow = slowPolicies([given.policy], slots)
  if (slow) log.warn(slow)
  if (plan && warnsForAll) warnOfMissingServers(plan, listed, log)
  const options = { ...optionsOf(given, place), workload, fleet, tls, serverTls, log, advisor }
  const router = await createRouter(options)
  const stopFollowing = followChanges(routed, router, log, onHangup, signal)
  const delays = warnOfOverhead(Math.min(...workload.map(({ qosMs }) => qosMs)), (advice) =>
    log.warn({}, advice),
  )
  if (place === undefined) await show([routingLine(workload, router)])
  else
    reportStarted({
      address: router.address,
      adminAddress: router.adminAddress,
      line: routingLine(workload, router),
    })
  await aborted(signal)
  stopFollowing()
  delays.stop()
  log.info({ lameDuckMs: given.lameDuck }, 'shutting down: open requests are answered')
  await router.close(given.drainMs, given.lameDuck)
  log.info({}, 'ended')
  // one of several processes ends by endProcess(), which loses lines that are not written
  await endLog()
  if (place !== undefined) endProcess()
}

/** The options of a router that flags set. */
function optionsOf(given: RouteFlags, place: FleetShard | undefined) {
  const { policy, host, port, adminHost, adminPort, metricsBy, queue, admission } = given
  const { translate, sendBatches, maxConnections, healthIntervalMs } = given
  return {
    ...{ policy, host, port, adminHost, metricsBy, queue, admission },
    ...{ translate, sendBatches, maxConnections, healthIntervalMs },
    // with several processes, the process that starts them listens on --admin-port
    adminPort: place === undefined ? adminPort : 0,
    maxWaitMs: given.maxWait,
    maxMessageBytes: given.maxMessageMb * 2 ** 20,
    maxBufferedBytes: given.maxBufferedMb * 2 ** 20,
    method: customMethod(given),
  } satisfies Partial<RouterOptions>
}

/** A fleet that is not divided. */
const WHOLE: FleetShard = { index: 0, count: 1 }

function routingLine(
  workload: readonly Workload[],
  router: { address: string; adminAddress: string },
): string {
  const models = workload.map(({ model }) => model).join(', ')
  return `routing ${models} on ${router.address}, metrics on http://${router.adminAddress}/metrics\n`
}

function customMethod({ method, batchField, modelField }: RouteFlags): CustomMethod | undefined {
  return method === undefined || batchField === undefined ? undefined : { method, batchField, modelField }
}
