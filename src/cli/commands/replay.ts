import { extname, join } from 'node:path'
import { Command, Option } from 'commander'
import type { KernelName } from '../../kernel/contract.ts'
import type { PolicyReplay, Replay, ReplayComparison, Schedule } from '../../model/results/replay.ts'
import type { LatencyCurve } from '../../report/replay-plot.ts'
import type { ArrivalFlags } from '../input/arrivals.ts'
import { applyConfig, effectiveConfig, inWordsOfFlags } from '../input/config.ts'
import type { ConfigurationFlags } from '../input/configuration.ts'
import * as flags from '../input/flags.ts'
import { interruptSignal, show, tell, wantsColor } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos replay --trace trace.csv --counts g4dn.xlarge=2,r5n.large=9
                                                      rm2 on 2 g4dn.xlarge and 9 r5n.large, by matching
  kairos replay --trace trace.csv --rate 60 --counts 2,0,9,0 --policy kairos,fcfs
                                                      the same queries at 60 a second, under two policies
  kairos replay --rate 95 --counts 2,0,9,0 --service sampled --seed 7
                                                      20,000 Poisson arrivals, service times drawn too
  kairos replay --rate 95.24 --arrivals integer-gaps --counts config.json
                                                      arrivals and configuration as the published scripts
  kairos replay --trace trace.csv --model dien --counts 1,0,13,0 --schedule schedule.csv --svg replay.svg
                                                      when each query started and where, and a picture
  kairos replay --trace trace.csv --plan plan.json    while the instances of a plan start and stop

Times are virtual: a million queries take about a second. --counts names types, or has one number for each
type of --space, or of the published latency tables, in its order. Under several policies --schedule writes a file for each:
schedule.csv becomes schedule.kairos.csv and schedule.fcfs.csv.`

interface ReplayFlags extends ConfigurationFlags, ArrivalFlags {
  plan?: string
  policy: string[]
  service: 'mean' | 'sampled'
  kernel: KernelName
  format: 'table' | 'json' | 'csv'
  schedule?: string
  svg?: string
  out?: string
  timing?: boolean
  color: boolean
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('run a trace on a configuration in virtual time, and see what policies do to the tail')
    .addOption(new Option('--trace <file>', 'what arrives: arrival_ms,batch_size'))
    .addOption(flags.rate('queries per second: of the trace on another clock, or of one that is drawn'))
    .addOption(flags.queries('how many to draw (default: 20000)'))
    .addOption(flags.arrivals('how queries to draw arrive (default: poisson)'))
    .addOption(flags.cv())
    .addOption(flags.seed())
    .addOption(flags.workload())
    .addOption(flags.model())
    .addOption(flags.qosMs())
    .addOption(flags.percentile())
    .addOption(flags.configuration())
    .addOption(new Option('--plan <file>', 'run under a plan instead: the JSON of kairos plan'))
    .addOption(flags.types())
    .addOption(flags.policies())
    .addOption(flags.service('mean'))
    .addOption(flags.kernel())
    .addOption(flags.format('table', 'json', 'csv'))
    .addOption(new Option('--schedule <file>', 'save which instance served each query, and when (CSV)'))
    .addOption(flags.svg())
    .addOption(new Option('--timing', 'add how long each replay took, which differs from run to run'))
    .addOption(flags.out())
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addOption(flags.noColor())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, command: Command) => {
      await applyConfig(command)
      const given: ReplayFlags = command.opts()
      const { plan } = given
      await inWordsOfFlags(command, async () => {
        if (plan === undefined) return replayPolicies(given, effectiveConfig(command))
        const { replayUnderPlan } = await import('./replay-plan.ts')
        return replayUnderPlan({ ...given, plan }, effectiveConfig(command))
      })
    })
}

async function replayPolicies(given: ReplayFlags, config: string): Promise<void> {
  const [
    { checkPolicies },
    { readConfiguration },
    { readAskedTrace },
    { rateOf },
    { replay },
    { metricsOf },
    figures,
  ] = await Promise.all([
    import('../input/policies.ts'),
    import('../input/configuration.ts'),
    import('../input/arrivals.ts'),
    import('../../model/trace.ts'),
    import('../../replay/replay.ts'),
    import('../../replay/metrics.ts'),
    import('../../model/latencies.ts'),
  ])
  const { service, seed, kernel } = given
  const policies = checkPolicies(given.policy)
  const configuration = await readConfiguration(given)
  const { workload, types, counts } = configuration
  const trace = await readAskedTrace(given, workload)
  const queries = trace.arrivalMs.length

  const rows: PolicyReplay[] = []
  const schedules = new Map<string, Schedule>()
  const curves: LatencyCurve[] = []
  let totalMs = 0
  for (const policy of policies) {
    const started = performance.now()
    const run = replay({ ...configuration, trace, policy, service, seed, kernel })
    const elapsedMs = performance.now() - started
    totalMs += elapsedMs
    rows.push({ ...metricsOf(run), ...(given.timing && { elapsedMs }) })
    if (given.schedule !== undefined) {
      schedules.set(policies.length > 1 ? fileOf(given.schedule, policy) : given.schedule, run)
    }
    if (given.svg !== undefined) curves.push(curveOf(run, figures.percentileOf))
  }
  const fewest = figures.fewestQueries(workload.percentile)
  if (queries < fewest) {
    const question = `whether ${workload.percentile}% are in time`
    tell(given.quiet, `${queries} are too few queries to tell ${question}: at least ${fewest} are needed`)
  }
  const rate = rateOf(trace)
  const { model, qosMs, percentile } = workload
  const question = { model, qosMs, percentile, types, counts, service, seed }
  const results = { ...question, rate: Number.isNaN(rate) ? null : rate, rows }

  // not before: while a replay runs nothing else does, and Ctrl-C ends it at once
  const signal = interruptSignal()
  const text = await inFormat(results, given)
  await save({ given, results, curves, schedules, text, config, signal })
  await show([text])
  const many = policies.length > 1 ? ` under ${policies.length} policies` : ''
  tell(given.quiet, `${queries} queries${many} in ${Math.round(totalMs)} ms`)
}

async function inFormat(results: ReplayComparison, { format, color }: ReplayFlags): Promise<string> {
  switch (format) {
    case 'json':
      return (await import('../../report/replay-json.ts')).replayJson(results)
    case 'csv':
      return (await import('../../report/replay-csv.ts')).replayCsv(results)
    default:
      return [...(await import('../../report/replay-table.ts')).replayTable(results, wantsColor(color))].join(
        '',
      )
  }
}

const SAVED = { table: 'replay.txt', json: 'replay.json', csv: 'replay.csv' }

interface Answer {
  readonly given: ReplayFlags
  readonly results: ReplayComparison
  readonly curves: readonly LatencyCurve[]
  readonly schedules: ReadonlyMap<string, Schedule>
  readonly text: string
  readonly config: string
  readonly signal: AbortSignal
}

async function save({ given, results, curves, schedules, text, config, signal }: Answer): Promise<void> {
  const { svg, out, format } = given
  if (schedules.size === 0 && svg === undefined && out === undefined) return
  const { writeAtomically, writeTogether } = await import('../../files/io/write.ts')
  if (schedules.size > 0) {
    const { writeSchedules } = await import('../../files/logs/schedule-csv.ts')
    await writeSchedules(schedules, signal)
    tell(given.quiet, `saved ${[...schedules.keys()].join(' and ')}`)
  }
  if (svg !== undefined) {
    const [{ renderSvg }, { replayPlot }] = await Promise.all([
      import('../../report/plot.ts'),
      import('../../report/replay-plot.ts'),
    ])
    await writeAtomically(svg, await renderSvg(replayPlot(results, curves)))
    tell(given.quiet, `saved ${svg}`)
  }
  if (out !== undefined) {
    const files = [
      { path: join(out, SAVED[format]), chunks: text },
      { path: join(out, 'config.json'), chunks: config },
    ]
    await writeTogether(files)
    tell(given.quiet, `saved ${files.map(({ path }) => path).join(' and ')}`)
  }
}

/** schedule.csv -> schedule.kairos.csv */
function fileOf(file: string, policy: string): string {
  const end = extname(file)
  return `${file.slice(0, file.length - end.length)}.${policy}${end}`
}

/** Steps of the tail of latency that is drawn, down to the slowest query or one in ten thousand. */
const STEPS = 200
const RAREST = 1e-4

function curveOf(
  { policy, latencyMs }: Replay,
  percentileOf: (sorted: Float64Array, percentile: number) => number,
): LatencyCurve {
  const sorted = latencyMs.slice().sort()
  const least = Math.max(1 / sorted.length, RAREST)
  const slower = Array.from({ length: STEPS + 1 }, (_, i) => 100 * least ** (i / STEPS))
  return { policy, latencyMs: slower.map((share) => percentileOf(sorted, 100 - share)), slower }
}
