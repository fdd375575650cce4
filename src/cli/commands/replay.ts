import { type Command, Option } from 'commander'
import { writeSchedules } from '../../files/logs/schedule-csv.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import { fewestQueries } from '../../model/results/latencies.ts'
import type { RunOverTime } from '../../model/results/over-time.ts'
import type { PolicyReplay, Replay, ReplayComparison, Schedule } from '../../model/results/replay.ts'
import { rateOf } from '../../model/trace/trace.ts'
import { DEFAULT_SERVICE } from '../../model/workload/service.ts'
import { summaryOf } from '../../model/workload/workload.ts'
import { metricsOf } from '../../replay/metrics.ts'
import { runOverTime } from '../../replay/over-time.ts'
import { replay } from '../../replay/replay.ts'
import { formatCount, formatQueries } from '../../report/numbers.ts'
import { replayPage } from '../../report/page/measure-page.ts'
import { type LatencyCurve, latencyCurve, replayPlot } from '../../report/plots/replay-plot.ts'
import { replayCsv } from '../../report/replay/replay-csv.ts'
import { replayJson } from '../../report/replay/replay-json.ts'
import { replayTable } from '../../report/replay/replay-table.ts'
import { GENERATED_QUERIES, LONG, readAskedTrace } from '../input/arrivals.ts'
import { runWith } from '../input/config.ts'
import { readConfiguration } from '../input/configuration.ts'
import * as flags from '../input/flags.ts'
import { checkPolicies } from '../input/policies.ts'
import { type ReplayFlags, rulesOf } from '../input/replay-flags.ts'
import { isForEach, parseEach, parseEachCounts } from '../input/several.ts'
import { withStatus } from '../output/progress.ts'
import { questionAround } from '../output/question-page.ts'
import { tellSlow } from '../output/replay-notes.ts'
import { fileOfPolicy, RESULT_FILES } from '../output/result-files.ts'
import { saveAndShow, savePicture, saveReport, saveResult, saveTimelines } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { tell, wantsColor } from '../output/terminal.ts'
import { replayEachAsked } from './replay-each.ts'
import { replayUnderPlan } from './replay-plan.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm replay --trace trace.csv --counts g4dn.xlarge=2,r5n.large=9
                                                           rm2 on 2 g4dn.xlarge and 9 r5n.large
  kairos-wasm replay --trace trace.csv --rate 60 --counts 2,0,9,0 --policy kairos,fcfs
                                                           the same queries at 60 a second, under two policies
  kairos-wasm replay --rate 95 --counts 2,0,9,0 --seed 7
                                                           20,000 Poisson arrivals
  kairos-wasm replay --rate 95.24 --arrivals integer-gaps --service mean --counts config.json
                                                           arrivals, configuration and service as the published scripts
  kairos-wasm replay --trace trace.csv --model dien --counts 1,0,13,0 --schedule schedule.csv --svg replay.svg
                                                           when each query started and where, and a picture
  kairos-wasm replay --rate 95 --counts 2,0,9,0 --chrome-trace timeline.json
                                                           a timeline for ui.perfetto.dev
  kairos-wasm replay --trace trace.csv --plan plan.json    while the instances of a plan start and stop
  kairos-wasm replay --plan plan.json                      the same, with Poisson arrivals at the rates of the plan
  kairos-wasm replay --rate 60 --counts 2,0,9,0 --counts 1,0,13,0 --policy priced,fcfs --seeds 1,2,3
                                                           a row for each configuration, policy and seed, on all processors
  kairos-wasm replay --trace mon.csv --trace tue.csv --counts 2,0,9,0 --queue redis://10.0.0.5:6379
                                                           a row for each trace, on the workers of a queue
  kairos-wasm replay --trace year.csv --trace-root /mnt/traces --counts 2,0,9,0 --seeds 1,2 --queue redis://10.0.0.5:6379
                                                           a trace that workers read themselves (worker --trace-root)

Times are virtual: a million queries take about a second. Service times are sampled unless --service mean is given.

A verdict has two parts. The queue is "overloaded" if it grows from quarter to quarter of the trace: queries arrive faster
than they are served, even if few are late yet; "backlogged" if it does not grow but more than two queries an instance wait
in some quarter; else "stable". "inside QoS" says that the percentile of latency is within the target, "misses QoS" that
it is not.

--counts names types, or has one number for each type of --space, or of the published latency tables, in its order.
With several policies --schedule writes one file per policy: schedule.csv becomes schedule.kairos.csv and
schedule.fcfs.csv.

With --seeds, or --counts or --trace more than once, each
trace, configuration, policy and seed is a replay of its own: one row each, the same on any number of threads and workers.
Generated queries differ from seed to seed; a trace stays the same, and its service times differ.`

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.trace().argParser(parseEach),
    flags.arrivalFlags(GENERATED_QUERIES),
    flags.seeds(),
    flags.target(),
    flags.batching(),
    flags.configuration().argParser(parseEachCounts),
    new Option('--plan <file>', 'run under a plan instead: the JSON of kairos-wasm plan'),
    flags.types(),
    flags.policies(),
    flags.service(DEFAULT_SERVICE),
    flags.queue(
      'with many replays: run them on the workers of a queue (kairos-wasm worker), such as redis://host:6379',
    ),
    flags.traceRoot(
      'with many replays: a folder or http(s) URL; --trace is a path below it, and workers read the trace there',
    ),
    flags.threads('threads for many replays (default: all of the machine)'),
    flags.kernel(),
    flags.format('table', 'json', 'csv'),
    new Option('--schedule <file>', 'save when each query started on which instance (CSV)'),
    flags.chromeTrace(),
    flags.svg(),
    flags.report(),
    new Option('--timing', 'add the duration of each replay to JSON and CSV; it differs from run to run'),
    flags.out(),
    flags.common(),
  )
  runWith(command, replayAsked, { rules: rulesOf })
}

async function replayAsked(given: ReplayFlags, config: string): Promise<void> {
  if (isForEach(given)) return replayEachAsked(given, config)
  const { plan } = given
  return plan === undefined ? replayPolicies(given, config) : replayUnderPlan(given, plan, config)
}

async function replayPolicies(given: ReplayFlags, config: string): Promise<void> {
  const { service, seed, kernel, quiet } = given
  const policies = checkPolicies(given.policy)
  const { configuration, space } = await readConfiguration(given)
  const { workload, types, counts, slots } = configuration
  tellSlow(quiet, policies, instancesOf(counts))
  const trace = await readAskedTrace(given, workload)
  const queries = trace.arrivalMs.length

  const rows: PolicyReplay[] = []
  const schedules = new Map<string, Schedule>()
  const timelines = new Map<string, Replay>()
  const curves: LatencyCurve[] = []
  const overTime: RunOverTime[] = []
  let totalMs = 0
  for (const policy of policies) {
    const started = performance.now()
    const run = withStatus(
      `replaying ${formatQueries(queries)} under ${policy}`,
      quiet || queries < LONG,
      () => replay({ ...configuration, trace, policy, service, seed, kernel }),
    )
    const elapsedMs = performance.now() - started
    totalMs += elapsedMs
    rows.push({ ...metricsOf(run), ...(given.timing && { elapsedMs }) })
    if (given.schedule !== undefined) {
      schedules.set(fileOfPolicy(given.schedule, policy, policies), run)
    }
    if (given.chromeTrace !== undefined) {
      timelines.set(fileOfPolicy(given.chromeTrace, policy, policies), run)
    }
    if (given.svg !== undefined || given.report !== undefined) curves.push(latencyCurve(run))
    if (given.report !== undefined) overTime.push(runOverTime(run))
  }
  const fewest = fewestQueries(workload.percentile)
  if (queries < fewest) {
    const question = `whether ${workload.percentile}% are in time`
    tell(
      quiet,
      `${formatCount(queries)} are too few queries to tell ${question}: at least ${formatCount(fewest)} are needed`,
    )
  }
  const rate = rateOf(trace)
  const question = { ...summaryOf(workload), types, counts, slots, service, seed }
  const results = { ...question, rate: Number.isNaN(rate) ? null : rate, rows }

  // from here on: a replay blocks the process, and without a handler Ctrl-C ends it at once
  const signal = interruptSignal()
  const text = inFormat(results, given)
  await saveAndShow(text, async () => {
    if (schedules.size > 0) {
      await writeSchedules(schedules, signal)
      tell(quiet, `saved ${[...schedules.keys()].join(' and ')}`)
    }
    await saveTimelines(timelines, quiet)
    await savePicture(given, () => replayPlot(results, curves))
    await saveReport(given, async () => ({
      page: replayPage({ results, curves, overTime }),
      input: await questionAround(configuration, space),
    }))
    await saveResult(given, RESULT_FILES.replay[given.format], text, config)
  })
  const many = policies.length > 1 ? ` under ${policies.length} policies` : ''
  tell(quiet, `${formatQueries(queries)}${many} in ${Math.round(totalMs)} ms`)
}

function inFormat(results: ReplayComparison, { format, color }: ReplayFlags): string {
  switch (format) {
    case 'json':
      return replayJson(results)
    case 'csv':
      return replayCsv(results)
    default:
      return replayTable(results, wantsColor(color))
  }
}
