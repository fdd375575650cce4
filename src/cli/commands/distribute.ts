import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { readServiceAddresses } from '../../files/documents/service-addresses.ts'
import { writeServerLogs } from '../../files/logs/server-logs.ts'
import { readCatalog } from '../../files/tables/catalog.ts'
import { KairosError } from '../../model/errors.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import { SEND_BATCHES, type SendBatches } from '../../model/fleet/fleet.ts'
import { instanceOfSlots, type Space } from '../../model/fleet/space.ts'
import type { LiveRun, LiveRunSummary } from '../../model/results/live-run.ts'
import type { Replay } from '../../model/results/replay.ts'
import type { Trace } from '../../model/trace/trace.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { jsonText } from '../../report/json.ts'
import { formatCount, formatFigure } from '../../report/numbers.ts'
import { livePage } from '../../report/page/live-page.ts'
import { liveRunText } from '../../report/replay/live-run.ts'
import { distribute } from '../../serve/driver/distribute.ts'
import type { DistributeProgress } from '../../serve/driver/tally.ts'
import { type ArrivalFlags, readAskedTrace } from '../input/arrivals.ts'
import { runWith } from '../input/config.ts'
import { type FleetConfigurationFlags, readFleetConfiguration } from '../input/configuration.ts'
import type { FlagRule } from '../input/flag-rules.ts'
import * as flags from '../input/flags.ts'
import { positive } from '../input/parse.ts'
import { checkPolicies } from '../input/policies.ts'
import { readAskedWorkload, type WorkloadFlags } from '../input/question.ts'
import { type ClientTlsFlags, readClientTls } from '../input/tls.ts'
import { liveAnswer } from '../output/live-answer.ts'
import {
  tellFailures,
  tellLostServers,
  tellRefusedBatches,
  tellWrongTables,
} from '../output/live-problems.ts'
import { liveSummary } from '../output/live-summary.ts'
import { startStatus } from '../output/progress.ts'
import { questionAround } from '../output/question-page.ts'
import { tellSlow } from '../output/replay-notes.ts'
import { fileOfPolicy } from '../output/result-files.ts'
import { type OutputFlags, saveAndShow, saveReport, saveTimelines } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { tell, wantsColor } from '../output/terminal.ts'

export const EXAMPLES = `
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
}

const RULES: readonly FlagRule[] = [
  { flags: ['--compare-replay'], beside: ['--end-early'], problem: '--compare-replay needs whole runs' },
  { flags: ['--rate'], beside: ['--gaps'], problem: '--rate and --gaps set the rate' },
  { flags: ['--report'], beside: ['--gaps'], problem: '--report compares policies at one rate' },
  {
    flags: ['--seed'],
    beside: ['--trace'],
    unless: ['--compare-replay'],
    problem: '--trace names a trace, and --seed generates one',
  },
]

/** The list of addresses unless another is named: where emulate and the published scripts write it. */
const SERVICE_ADDR = 'service_addr.json'

/** Queries of a generated trace: fewer than for replays, because they take real time. */
const QUERIES = 2_000

export function define(command: Command): void {
  flags.addFlags(
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

/** The trace of each policy: the same one, or one at its own gap. */
async function readTraces(
  given: DistributeFlags,
  policies: readonly string[],
  workload: Workload,
): Promise<Trace[]> {
  const { gaps } = given
  const traceAt = (rate: number | undefined) => {
    const asked = { ...given, ...(rate !== undefined && { rate }) }
    return readAskedTrace(given.trace === undefined ? { queries: QUERIES, ...asked } : asked, workload)
  }
  if (gaps === undefined) {
    const trace = await traceAt(given.rate)
    return policies.map(() => trace)
  }
  if (gaps.length !== policies.length) {
    const problem = `--gaps names ${gaps.length} gaps for ${policies.length} policies`
    throw new KairosError('BAD_USAGE', problem, {}, 'name one for each')
  }
  return Promise.all(gaps.map((gapMs) => traceAt(1000 / gapMs)))
}

async function distributeAll(given: DistributeFlags): Promise<void> {
  const policies = checkPolicies(given.policy)
  const signal = interruptSignal()
  const [workload, { configuration, space }, tls] = await Promise.all([
    readAskedWorkload(given),
    readFleetConfiguration(given),
    readClientTls(given),
  ])
  const prices = await pricesOf(space)
  const instances = instancesOf(configuration.counts)
  tellSlow(given.quiet, policies, instances)
  const traces = await readTraces(given, policies, workload)
  const addresses = await readAddresses(given.serviceAddr, instances)
  const serverOf = instanceOfSlots(configuration.counts, configuration.slots)
  const addressOf = (slot: number) => addresses[serverOf[slot]]
  const status = startStatus(given.quiet)
  const results: LiveRunSummary[] = []
  const timelines = new Map<string, LiveRun>()
  const runs: Replay[] = []
  const give = async () => {
    const isTable = given.format === 'table'
    const text = isTable ? liveRunText(results, wantsColor(given.color)) : jsonText({ results })
    await saveAndShow(text, async () => {
      await saveTimelines(timelines, given.quiet)
      await saveReport(given, async () => ({
        page: livePage(liveAnswer(runs, traces[0], given.seed), results),
        input: await questionAround({ workload, ...configuration }, space),
      }))
    })
  }
  try {
    for (const [i, policy] of policies.entries()) {
      const trace = traces[i]
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
        timelines.set(fileOfPolicy(given.chromeTrace, policy, policies), run)
      }
      if (given.report !== undefined) runs.push({ ...run, service: 'sampled' })
      const summary = liveSummary(run, { ...given, workload, configuration, trace, prices, addressOf })
      results.push(summary)
      tellFailures(run, addressOf)
      tellLostServers(summary)
      tellRefusedBatches(run, addressOf)
      tellWrongTables(run, workload)
      if (given.serverLogs !== undefined) {
        const folder = policies.length > 1 ? join(given.serverLogs, policy) : given.serverLogs
        const byServer = { ...run, instance: run.instance.map((slot) => serverOf[slot]) }
        await writeServerLogs(folder, byServer, addresses)
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

/** Prices per hour by instance type: those of a space, and those of the catalog for other types. */
async function pricesOf(space: Space | undefined): Promise<Map<string, number>> {
  const prices = await readCatalog()
  for (const { name, pricePerHour } of space?.types ?? []) prices.set(name, pricePerHour)
  return prices
}

function progressLine({ total, sent, done, inFlight, waiting, p99Ms }: DistributeProgress): string {
  return (
    `${formatCount(sent)} of ${formatCount(total)} sent, ${formatCount(done)} done, ${inFlight} in flight, ` +
    `${formatCount(waiting)} waiting, p99 so far ${formatFigure(p99Ms)} ms`
  )
}
