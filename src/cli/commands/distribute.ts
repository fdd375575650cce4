import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { readServiceAddresses } from '../../files/documents/service-addresses.ts'
import { readSpace } from '../../files/documents/space.ts'
import { writeServerLogs } from '../../files/logs/server-logs.ts'
import { readCatalog } from '../../files/tables/catalog.ts'
import { KairosError } from '../../model/errors.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import { SEND_BATCHES, type SendBatches } from '../../model/fleet/fleet.ts'
import { instanceOfSlots } from '../../model/fleet/space.ts'
import { summarise } from '../../model/results/latencies.ts'
import type { LiveRun, LiveRunFigures, LiveRunSummary } from '../../model/results/live-run.ts'
import type { Replay } from '../../model/results/replay.ts'
import type { Trace } from '../../model/trace/trace.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { metricsOf } from '../../replay/metrics.ts'
import { replay } from '../../replay/replay.ts'
import { jsonText } from '../../report/json.ts'
import { formatCount, formatFigure } from '../../report/numbers.ts'
import { replayPage } from '../../report/page/measure-page.ts'
import { liveRunText } from '../../report/replay/live-run.ts'
import { distribute } from '../../serve/driver/distribute.ts'
import type { DistributeProgress } from '../../serve/driver/tally.ts'
import { type ArrivalFlags, readAskedTrace } from '../input/arrivals.ts'
import { runWith } from '../input/config.ts'
import {
  type FleetConfiguration,
  type FleetConfigurationFlags,
  readFleetConfiguration,
} from '../input/configuration.ts'
import type { FlagRule } from '../input/flag-rules.ts'
import * as flags from '../input/flags.ts'
import { positive } from '../input/parse.ts'
import { checkPolicies } from '../input/policies.ts'
import { readAskedWorkload, type WorkloadFlags } from '../input/question.ts'
import { type ClientTlsFlags, readClientTls } from '../input/tls.ts'
import { FAILED } from '../output/exit-status.ts'
import { helpText } from '../output/help-text.ts'
import { liveAnswer } from '../output/live-answer.ts'
import { startStatus } from '../output/progress.ts'
import { questionAround } from '../output/question-page.ts'
import { fileOfPolicy } from '../output/result-files.ts'
import { type OutputFlags, saveAndShow, saveReport, saveTimelines } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { tellSlow } from '../output/slow.ts'
import { tell, wantsColor } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos-wasm emulate --counts g4dn.xlarge=2,r5n.large=9 &
  kairos-wasm distribute --counts g4dn.xlarge=2,r5n.large=9 --rate 90
                                               2,000 queries of rm2 in real time, one policy
  kairos-wasm distribute --counts config.json --service-addr service_addr.json --rate 95.24 --arrivals integer-gaps
                                               in front of the published servers, as the published script
  kairos-wasm distribute --counts 2,0,9,0 --trace trace.csv --policy kairos,fcfs --compare-replay
                                               two policies in turn, each beside its replay in virtual time
  kairos-wasm distribute --counts 4,0,2,0 --model mtwnd --batching --send-batches merge --model-name mtwnd --rate 500
                                               queries that start together are one request of the Open Inference Protocol
  kairos-wasm distribute --counts config.json --policy kairos,fcfs --gaps 10.5,20 --arrivals integer-gaps --end-early --server-logs logs
                                               as the artifact: each policy at its own gap, ended when it fails

Latency runs from the scheduled arrival to the answer. A note is printed if the driver fell behind the trace.`

interface DistributeFlags
  extends WorkloadFlags,
    FleetConfigurationFlags,
    ArrivalFlags,
    ClientTlsFlags,
    OutputFlags {
  serviceAddr: string
  policy: string[]
  modelName?: string
  sendBatches?: SendBatches
  timeoutMs: number
  compareReplay?: boolean
  gaps?: number[]
  endEarly?: boolean
  serverLogs?: string
  chromeTrace?: string
  report?: string
}

const RULES: readonly FlagRule[] = [
  { flags: ['--compare-replay'], beside: ['--end-early'], problem: '--compare-replay needs whole runs' },
  { flags: ['--rate'], beside: ['--gaps'], problem: '--rate and --gaps set the rate' },
  { flags: ['--report'], beside: ['--gaps'], problem: '--report compares policies at one rate' },
  {
    flags: ['--seed'],
    beside: ['--trace'],
    unless: ['--compare-replay', '--report'],
    problem: '--trace names a trace, and --seed generates one',
  },
]

/** The list of addresses unless another is named: where emulate and the published scripts write it. */
const SERVICE_ADDR = 'service_addr.json'

/** Queries of a generated trace: fewer than for replays, because they take real time. */
const QUERIES = 2_000

export function define(command: Command): void {
  flags
    .addFlags(
      command,
      flags.configuration(),
      new Option(
        '--service-addr <file>',
        'addresses of the servers: a list of host:port, type by type',
      ).default(SERVICE_ADDR),
      flags.workload(),
      flags.model(),
      flags.space(),
      flags.qosMs(),
      flags.percentile(),
      flags.batching(),
      flags.policies(),
      flags.trace(),
      flags.arrivalFlags(QUERIES),
      flags.modelName(),
      new Option(
        '--send-batches <how>',
        'how servers get the queries of a batch: parallel, at the same moment, or merge, as one request (default: parallel)',
      ).choices(SEND_BATCHES),
      flags.timeoutMs(),
      flags.clientTls(),
      flags.chromeTrace(),
      flags.report(),
      new Option(
        '--gaps <list>',
        'mean gaps between queries, ms, one for each policy, instead of one rate: 10.5,20',
      ).argParser((text) => text.split(',').map(positive('gaps in ms > 0, separated by commas'))),
      new Option('--end-early', 'end a run once more queries are late than the percentile allows'),
      new Option('--server-logs <dir>', 'save a log of each server: its queries with their times'),
      new Option('--compare-replay', 'replay the same trace in virtual time too, and print the difference'),
      flags.format('table', 'json'),
      flags.common(),
    )
    .addHelpText('after', helpText(EXAMPLES))
  runWith(command, distributeAll, { rules: RULES })
}

/** The addresses. Where the default file is missing, which the user has not named, the message names the flag. */
async function readAddresses(path: string, instances: number): Promise<string[]> {
  try {
    return await readServiceAddresses(path, instances)
  } catch (error) {
    if (!(error instanceof KairosError && error.code === 'NO_FILE' && path === SERVICE_ADDR)) throw error
    const cure = 'start servers by kairos-wasm emulate, or name a list of addresses by --service-addr'
    throw new KairosError(error.code, error.problem, error.place, cure, { cause: error })
  }
}

async function distributeAll(given: DistributeFlags): Promise<void> {
  const policies = checkPolicies(given.policy)
  const signal = interruptSignal()
  const [workload, configuration, tls, prices] = await Promise.all([
    readAskedWorkload(given),
    readFleetConfiguration(given),
    readClientTls(given),
    pricesOf(given.space),
  ])
  const instances = instancesOf(configuration.counts)
  tellSlow(given.quiet, policies, instances)
  const { gaps } = given
  if (gaps && gaps.length !== policies.length) {
    const problem = `--gaps names ${gaps.length} gaps for ${policies.length} policies`
    throw new KairosError('BAD_USAGE', problem, {}, 'name one for each')
  }
  const addresses = await readAddresses(given.serviceAddr, instances)
  const traceAt = (rate: number | undefined) => {
    const asked = { ...given, ...(rate !== undefined && { rate }) }
    return readAskedTrace(given.trace === undefined ? { queries: QUERIES, ...asked } : asked, workload)
  }
  const traces = gaps
    ? await Promise.all(gaps.map((gapMs) => traceAt(1000 / gapMs)))
    : [await traceAt(given.rate)]
  const status = startStatus(given.quiet)
  const results: LiveRunSummary[] = []
  const timelines = new Map<string, LiveRun>()
  const runs: Replay[] = []
  const give = async () => {
    const isTable = given.format === 'table'
    const text = isTable ? liveRunText(results, wantsColor(given.color)) : [jsonText({ results })]
    await saveAndShow(text, async () => {
      await saveTimelines(timelines, given.quiet)
      await saveReport(given, async () => ({
        page: replayPage(liveAnswer(runs, traces[0], given.seed)),
        input: await questionAround({ workload, ...configuration }, given.space),
      }))
    })
  }
  try {
    for (const [i, policy] of policies.entries()) {
      const trace = traces[gaps ? i : 0]
      const run = await distribute({
        workload,
        ...configuration,
        addresses,
        trace,
        policy,
        model: given.modelName,
        sendBatches: given.sendBatches,
        timeoutMs: given.timeoutMs,
        tls,
        endEarly: given.endEarly,
        onProgress: (progress) => status.show(`${policy}: ${progressLine(progress)}`),
        signal,
      })
      status.stop()
      if (given.chromeTrace !== undefined) {
        timelines.set(policies.length > 1 ? fileOfPolicy(given.chromeTrace, policy) : given.chromeTrace, run)
      }
      if (given.report !== undefined) runs.push({ ...run, service: 'sampled' })
      results.push(await resultOf(run, trace, workload, configuration, prices, given))
      const serverOf = instanceOfSlots(configuration.counts, configuration.slots)
      const addressOf = (slot: number) => addresses[serverOf[slot]]
      tellFailures(run, addressOf)
      tellRefused(run, addressOf)
      if (given.serverLogs !== undefined) {
        const folder = policies.length > 1 ? join(given.serverLogs, policy) : given.serverLogs
        await writeServerLogs(
          folder,
          { ...run, instance: run.instance.map((slot) => serverOf[slot]) },
          addresses,
        )
        tell(given.quiet, `saved a log of each server in ${folder}`)
      }
    }
  } catch (error) {
    status.stop()
    if (results.length === 0) throw error
    // runs take real time: those of earlier policies are not lost
    await give()
    if (policies.length > 1) tell(false, `of ${policies.length} policies, ${results.length} ran to the end`)
    throw error
  }
  status.stop()
  await give()
}

async function resultOf(
  run: LiveRun,
  trace: Trace,
  workload: Workload,
  { types, counts, slots }: FleetConfiguration,
  prices: ReadonlyMap<string, number>,
  { compareReplay, seed }: DistributeFlags,
): Promise<LiveRunSummary> {
  const figuresOf = (served: Replay, queries: number, failed: number): LiveRunFigures => {
    const { violations, throughput, latencyMs, utilisation } = metricsOf(served)
    const insideQos = (served.arrivalMs.length - violations) / queries
    return { queries, failed, violations, insideQos, throughput, latencyMs, utilisation }
  }
  const queries = run.offered
  const failed = run.failures.length
  const live = figuresOf({ ...run, service: 'sampled' }, queries, failed)
  const result = {
    policy: run.policy,
    ...live,
    decisions: run.decisions,
    decisionMs: summarise(run.decisionMs),
    lagMs: summarise(run.lagMs),
    fellBehind: run.fellBehind,
    endedEarly: run.endedEarly,
    open: queries - run.arrivalMs.length - failed,
    published: publishedFigures(run, queries, { types, counts }, prices),
  }
  if (!compareReplay) return result
  const { policy } = run
  const replayed = replay({ workload, types, counts, slots, trace, policy, service: 'sampled', seed })
  const virtual = figuresOf(replayed, trace.arrivalMs.length, 0)
  return {
    ...result,
    replay: virtual,
    difference: {
      meanLatency: live.latencyMs.avg / virtual.latencyMs.avg - 1,
      violationPoints: 100 * (virtual.insideQos - live.insideQos),
    },
  }
}

/** Prices per hour by instance type: those of a space, and those of the catalog for other types. */
async function pricesOf(space: string | undefined): Promise<Map<string, number>> {
  const prices = await readCatalog()
  if (space === undefined) return prices
  for (const { name, pricePerHour } of (await readSpace(space)).types) prices.set(name, pricePerHour)
  return prices
}

/** What the published script prints, with its definitions: waiting plus service time against QoS, time to the last send. */
function publishedFigures(
  { startMs, arrivalMs, exeMs, latencyMs, qosMs }: LiveRun,
  queries: number,
  { types, counts }: FleetConfiguration,
  prices: ReadonlyMap<string, number>,
): LiveRunSummary['published'] {
  const inside = latencyMs.filter((latency, i) => {
    return (Number.isNaN(exeMs[i]) ? latency : startMs[i] - arrivalMs[i] + exeMs[i]) <= qosMs
  }).length
  const costPerHour = counts.reduce((cost, count, t) => {
    return count === 0 ? cost : cost + count * (prices.get(types[t]) ?? Number.NaN)
  }, 0)
  return {
    instances: instancesOf(counts),
    types: Object.fromEntries(types.map((type, t) => [type, counts[t]])),
    ...(!Number.isNaN(costPerHour) && { costPerHour: Number(costPerHour.toPrecision(12)) }),
    nonViolation: (100 * inside) / queries,
    violation: (100 * (queries - inside)) / queries,
    throughput: (1000 * queries) / startMs.reduce((last, ms) => Math.max(last, ms)),
  }
}

function progressLine({ total, sent, done, inFlight, waiting, p99Ms }: DistributeProgress): string {
  return (
    `${formatCount(sent)} of ${formatCount(total)} sent, ${formatCount(done)} done, ${inFlight} in flight, ` +
    `${formatCount(waiting)} waiting, p99 so far ${formatFigure(p99Ms)} ms`
  )
}

/** Prints failures by reason, and makes the command fail. */
function tellFailures({ failures, policy }: LiveRun, addressOf: (slot: number) => string): void {
  if (failures.length === 0) return
  process.exitCode = FAILED
  const byReason = new Map<string, number>()
  for (const { instance, reason } of failures) {
    const line = `${addressOf(instance)}: ${reason}`
    byReason.set(line, (byReason.get(line) ?? 0) + 1)
  }
  tell(false, `${policy}: ${formatCount(failures.length)} queries were not answered`)
  for (const [line, count] of [...byReason].slice(0, 10)) tell(false, `  ${formatCount(count)} x ${line}`)
}

/** Notes for each server how many joined requests it has refused, the largest one, and what to do. */
function tellRefused({ refusedBatches, policy }: LiveRun, addressOf: (slot: number) => string): void {
  for (const address of new Set(refusedBatches.map(({ instance }) => addressOf(instance)))) {
    const refused = refusedBatches.filter(({ instance }) => addressOf(instance) === address)
    const { items, reason } = refused.reduce((most, one) => (one.items > most.items ? one : most))
    tell(
      false,
      `${policy}: ${address} refused ${formatCount(refused.length)} joined requests, the largest of ${items} items: ${reason}; ` +
        'they were sent in parts: use --send-batches parallel, or a smaller --max-batch',
    )
  }
}
