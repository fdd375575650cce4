import { type Command, Option } from 'commander'
import { explainInfeasible } from '../../allocate/feasibility.ts'
import { spaceProgram } from '../../bound/fluid.ts'
import { readMeasured } from '../../files/documents/measured.ts'
import type { KernelName } from '../../kernel/contract.ts'
import { loadKernel } from '../../kernel/load.ts'
import { counted } from '../../model/counted.ts'
import { refuseUsage } from '../../model/errors.ts'
import { mostPlanned } from '../../model/fleet/fleet-schedule.ts'
import type { MeasuredThroughput, OptimalPlan, PlanInput } from '../../model/fleet/plan.ts'
import { type Space, slotsGiven, typeNames } from '../../model/fleet/space.ts'
import type { CapacityName, PlanComparison, PlanResult } from '../../model/results/plan.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { compareFleets } from '../../plan/compare.ts'
import { FORECASTS, type ForecastName } from '../../plan/forecast.ts'
import { planFrontier } from '../../plan/frontier.ts'
import { optimalPlan } from '../../plan/optimal.ts'
import { planInputOf } from '../../plan/plan-fleet.ts'
import { planPage } from '../../report/page/plan-page.ts'
import { DEFAULT_ROWS, plainWorkload } from '../../report/page/question.ts'
import { infeasiblePlanJson, infeasiblePlanText } from '../../report/plan/infeasible-plan.ts'
import { planText } from '../../report/plan/plan.ts'
import { planFrontierText } from '../../report/plan/plan-frontier.ts'
import { planPlot } from '../../report/plots/plan-plot.ts'
import { EMIT_RULES } from '../input/allocate-flags.ts'
import { byType } from '../input/by-type.ts'
import { runWith } from '../input/config.ts'
import type { FlagRule } from '../input/flag-rules.ts'
import * as flags from '../input/flags.ts'
import { startDelay, startFee, utilisation } from '../input/online-rule.ts'
import { type QuestionFlags, readQuestion } from '../input/question.ts'
import { type DatedCurve, type RateCurveFlags, rateCurveFlags, readCurve } from '../input/rate-curve.ts'
import { elapsedText } from '../output/elapsed.ts'
import { emitOptions, type ManifestFlags, manifestsOf } from '../output/emit.ts'
import { tellInfeasible } from '../output/infeasible.ts'
import { withProgress, withStatus } from '../output/progress.ts'
import { RESULT_FILES } from '../output/result-files.ts'
import type { OutputFlags } from '../output/save.ts'
import { saveAndShow, savePicture, saveReport, saveResult } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { tell, wantsColor } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm plan --rates rates.csv                       the cheapest fleet of rm2 in each window of a rate curve
  kairos-wasm plan --rates rates.csv --start-delay g4dn.xlarge=480,r5n.large=240 --start-fee g4dn.xlarge=0.05
                                                           instances serve after a delay and cost a fee to start
  kairos-wasm plan --rates day.csv --cycle --emit crontab  a day that repeats, as lines of a crontab
  kairos-wasm plan --trace day.csv --window 1h --cycle --emit crontab --begin 2026-11-18T09:30:00Z
                                                           the day of a log: time 0 as trace convert says it
  kairos-wasm plan --rates day.csv --emit kubernetes --image bert:1 --router-image router:1
                                                           the Deployments that such a schedule scales, and their router
  kairos-wasm plan --trace trace.csv --window 600 --statistic p95
                                                           rates from a trace: the 95th percentile of each window's tenths
  kairos-wasm plan --rates rates.csv --compare             against a static fleet, an autoscaler and the online rule
  kairos-wasm plan --rates rates.csv --pareto              what it costs to keep capacity in reserve
  kairos-wasm search --format json > measured.json && kairos-wasm plan --rates rates.csv --allowable measured.json
                                                           a share of the measured throughput instead of the bound

The rate curve has the columns start_s and rate_qps, or is the JSON of a range query of Prometheus.

Batching belongs in the workload: batching: { maxBatch: 64 }.

The plan is exact: no other choice of configurations that keeps every rate within the utilisation of its bound
costs less. It knows all rates beforehand, so it is a yardstick for rules that do not. "time short" is the share of time in which a fleet could not serve the rate.`

const RULES: readonly FlagRule[] = [
  {
    flags: ['--trace'],
    beside: ['--rates'],
    problem: '--rates and --trace give rates each',
    cure: 'name a --rates file or a --trace',
  },
  { flags: ['--statistic'], unless: ['--trace'], problem: '--statistic is for the rates of a trace' },
  { flags: ['--forecast'], unless: ['--compare'], problem: '--forecast is for the online rule' },
  {
    flags: ['--begin', '--compare', '--emit', '--svg', '--report'],
    beside: ['--pareto'],
    problem: (flag) => `${flag} is for one plan, --pareto has several`,
  },
  { flags: ['--utilisation'], beside: ['--pareto'], problem: '--pareto has plans of every utilisation' },
  {
    flags: ['--compare'],
    beside: ['--emit'],
    problem: '--compare adds a table, --emit prints none',
  },
  { flags: ['--compare'], beside: ['--format csv'], unless: ['--report'], cure: 'ask for table or json' },
  {
    flags: ['--begin'],
    beside: ['--format csv'],
    unless: ['--svg', '--report'],
    cure: 'ask for table or json',
  },
  {
    flags: ['--begin'],
    beside: ['--emit kubernetes'],
    unless: ['--svg', '--report'],
    problem: 'manifests have no times',
  },
  {
    flags: ['--image', '--server-port', '--router-image'],
    beside: ['--emit keda', '--emit crontab'],
    problem: (flag) => `${flag} is for manifests`,
    cure: 'ask for --emit kubernetes',
  },
  ...EMIT_RULES,
]

interface PlanFlags
  extends QuestionFlags,
    RateCurveFlags,
    ManifestFlags,
    OutputFlags<'table' | 'json' | 'csv'> {
  utilisation: number
  allowable?: string[]
  startDelay?: Record<string, number>
  startFee?: Record<string, number>
  initial?: Record<string, number>
  cycle?: boolean
  compare?: boolean
  pareto?: boolean
  forecast: ForecastName
  emit?: 'keda' | 'crontab' | 'kubernetes'
  kernel: KernelName
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    rateCurveFlags(),
    flags.question(),
    utilisation(),
    new Option(
      '--allowable <file>',
      '--utilisation is a share of measured throughput instead of the bound: a JSON result of search or capacity; may be repeated',
    ).argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]),
    startDelay(),
    startFee(),
    byType('--initial <list>', 'instances that run before the first window: type=count,…'),
    new Option('--cycle', 'the last window is followed by the first, as in a day that repeats'),
    new Option('--compare', 'add a static fleet, an autoscaler and the online rule'),
    new Option('--pareto', 'the cost of the plan by utilisation, from 50 to 100%'),
    new Option('--forecast <name>', 'the forecast of the online rule')
      .choices([...FORECASTS])
      .default('recent-maximum'),
    new Option(
      '--emit <what>',
      'print the schedule for a tool instead, or the manifests that the schedule scales',
    ).choices(['keda', 'crontab', 'kubernetes']),
    emitOptions('With --emit kubernetes:'),
    flags.kernel(),
    new Option('--batching').hideHelp(),
    flags.format('table', 'json', 'csv'),
    flags.svg(),
    flags.report(),
    flags.out(),
    flags.common(),
  )
  runWith(command, plan, { rules: RULES })
}

/** With so many windows times configurations, a plan takes about half a second: a status is shown. */
const LONG_PLAN = 2e8

async function plan(given: PlanFlags, config: string): Promise<void> {
  if (given.batching) {
    const cure = 'say it in the workload instead, such as batching: { maxBatch: 64 }'
    refuseUsage('batching', 'is no flag of plan', cure)
  }
  const question = await readQuestion(given)
  const { workload, space } = question
  const [curve, measured] = await Promise.all([readCurve(given), readAllowable(given, workload, space)])
  if (curve.firstS !== 0 && curve.begin === undefined) {
    const starts = `the rates begin at ${curve.firstS} s`
    tell(given.quiet, `${starts}: times of the plan count from there, and so does a trace of replay --plan`)
  }
  const { startDelay, startFee, initial, cycle, kernel: name } = given
  const kernel = loadKernel(name)
  const utilisation = given.pareto ? 1 : given.utilisation
  const input = planInputOf({
    ...{ workload, space, utilisation, measured, initial },
    ...{ rateQps: curve.rateQps, windowS: curve.windowS, kernel: name },
    ...{ startDelayS: startDelay, startFee, cyclic: cycle === true },
  })
  const started = performance.now()
  const [windows, configurations] = [input.rateQps.length, input.capacityQps.length]
  const size = `${counted(windows, 'window')} x ${counted(configurations, 'configuration')}`
  const isQuick = windows * configurations < LONG_PLAN
  const found = withStatus(`planning ${size}`, given.quiet || isQuick, () => optimalPlan(kernel, input))
  const capacity: CapacityName = measured === undefined ? 'bound' : 'allowable'
  const subject = {
    model: workload.model,
    types: typeNames(space),
    ...slotsGiven(space),
    windowS: curve.windowS,
    ...(curve.begin !== undefined && { begin: curve.begin }),
    capacity,
    cyclic: cycle === true,
  }
  if (found.status === 'infeasible') {
    // why no configuration keeps the latency target
    const unkept =
      found.largestQps === 0 ? explainInfeasible(workload, space, spaceProgram(workload, space)) : undefined
    const isMeasured = measured !== undefined
    const why = infeasiblePlanText(found, input, space, { isMeasured, unkept })
    if (given.format === 'json') {
      await showText(given, config, infeasiblePlanJson({ ...subject, utilisation }, found, why))
    }
    return tellInfeasible(why)
  }
  if (given.pareto) {
    const status = `planning ${size} by utilisation`
    const rows = withStatus(status, given.quiet || isQuick, () => planFrontier(kernel, input))
    const text = planFrontierText({ ...subject, windows, rows }, given.format, wantsColor(given.color))
    await showText(given, config, text)
  } else {
    const result = { ...subject, ...described(found, input, utilisation) }
    await showPlan(given, config, { result, question, input, curve })
  }
  tell(given.quiet, `${size} ${elapsedText(started)}`)
}

function described(
  { cost, starts, windows }: OptimalPlan,
  { types, initial }: PlanInput,
  utilisation: number,
) {
  return {
    ...(initial?.some((count) => count > 0) && { initial }),
    pricePerHour: types.map((type) => type.pricePerHour),
    startDelayS: types.map((type) => type.startDelayS),
    startFee: types.map((type) => type.startFee),
    ...{ utilisation, cost, starts, windows },
  }
}

async function showText(given: PlanFlags, config: string, text: string): Promise<void> {
  await saveAndShow(text, () => saveResult(given, RESULT_FILES.plan[given.format], text, config))
}

/** A plan, and the input that it was made from. */
interface FoundPlan {
  readonly result: PlanResult
  readonly question: { readonly workload: Workload; readonly space: Space }
  readonly input: PlanInput
  readonly curve: DatedCurve
}

async function showPlan(
  given: PlanFlags,
  config: string,
  { result: plan, question, input, curve }: FoundPlan,
): Promise<void> {
  const isSchedule = given.emit === 'keda' || given.emit === 'crontab'
  if (isSchedule && plan.begin === undefined) {
    const day = plan.windows.length * plan.windowS > 86_400 ? 'Monday, midnight UTC' : 'midnight UTC'
    tell(given.quiet, `time 0 of the rates is taken as ${day}; say when it is with --begin`)
  }
  const result = given.compare ? { ...plan, comparison: await compare(given, input, plan, curve) } : plan
  const { workload, space } = question
  // until the schedule sets the counts, the most of each type serve every rate
  const most = mostPlanned({ types: plan.types, counts: plan.windows.map(({ counts }) => counts) })
  const text =
    given.emit === 'kubernetes'
      ? await manifestsOf({ ...given, emit: given.emit }, workload, space, most)
      : await textOf(result, given, input)
  await saveAndShow(text, async () => {
    await savePicture(given, () => planPlot(result))
    await saveReport(given, () => ({
      page: planPage(result),
      input: { workload: plainWorkload(workload), space, topN: DEFAULT_ROWS, live: false },
    }))
    await saveResult(given, RESULT_FILES.plan[given.emit ?? given.format], text, config)
  })
}

/** The throughputs that saved results have measured; undefined where the bound counts. */
async function readAllowable(
  { allowable }: PlanFlags,
  workload: Workload,
  space: Space,
): Promise<MeasuredThroughput[] | undefined> {
  if (allowable === undefined) return undefined
  const read = await Promise.all(allowable.map((path) => readMeasured(path, workload, space)))
  return read.flat()
}

async function compare(
  given: PlanFlags,
  input: PlanInput,
  found: Pick<OptimalPlan, 'cost' | 'starts'>,
  { forecastQps }: DatedCurve,
): Promise<PlanComparison> {
  const { forecast, utilisation, quiet, kernel } = given
  const signal = interruptSignal()
  const options = { forecast, givenQps: forecastQps, utilisation, signal }
  return withProgress('simulating', 'fleets', quiet, (onProgress) =>
    compareFleets(loadKernel(kernel), input, found, { ...options, onProgress }),
  )
}

async function textOf(result: PlanResult, given: PlanFlags, { types }: PlanInput): Promise<string> {
  const { emit, format, color } = given
  if (emit === undefined) return planText(result, format, wantsColor(color))
  const { crontabText, kedaText } = await import('../../report/emit/plan-schedule.ts')
  return emit === 'keda' ? kedaText(result, types) : crontabText(result, types)
}
