import { type Command, InvalidArgumentError, Option } from 'commander'
import { readMeasured } from '../../files/documents/measured.ts'
import { type RateCurve, readRates, windowLength } from '../../files/tables/rates.ts'
import type { Kernel, KernelName } from '../../kernel/contract.ts'
import { loadKernel } from '../../kernel/load.ts'
import { KairosError } from '../../model/errors.ts'
import type { InfeasiblePlan, MeasuredThroughput, OptimalPlan, PlanInput } from '../../model/plan.ts'
import type { CapacityName, PlanComparison, PlanFrontier, PlanResult } from '../../model/results/plan.ts'
import { type Space, slotsOf, typeNames } from '../../model/space.ts'
import type { Workload } from '../../model/workload.ts'
import { compareFleets } from '../../plan/compare.ts'
import { FORECASTS, type ForecastName } from '../../plan/forecast.ts'
import { planFrontier } from '../../plan/frontier.ts'
import { optimalPlan } from '../../plan/optimal.ts'
import { planInputOf } from '../../plan/plan-fleet.ts'
import { type RateStatistic, ratesOfTrace } from '../../plan/rates.ts'
import { formatCounted, formatFigure } from '../../report/numbers.ts'
import { planPage } from '../../report/page/plan-page.ts'
import { plainWorkload } from '../../report/page/question.ts'
import { planText } from '../../report/plan.ts'
import { planFrontierText } from '../../report/plan-frontier.ts'
import { planPlot } from '../../report/plan-plot.ts'
import { crontabText, kedaText } from '../../report/plan-schedule.ts'
import { readTraceShowing } from '../input/arrivals.ts'
import { byType } from '../input/by-type.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { startDelay, startFee, utilisation } from '../input/online-rule.ts'
import { positive } from '../input/parse.ts'
import { type QuestionFlags, readQuestion } from '../input/question.ts'
import type { OutputFlags } from '../output/save.ts'
import { savePicture, saveReport, saveResult } from '../output/save.ts'
import { interruptSignal, show, startProgress, tell, wantsColor } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos-wasm plan --rates rates.csv                       the cheapest fleet of rm2 in each window of a rate curve
  kairos-wasm plan --rates rates.csv --start-delay g4dn.xlarge=480,r5n.large=240 --start-fee g4dn.xlarge=0.05
                                                      instances serve after a delay and cost a fee to start
  kairos-wasm plan --rates day.csv --cycle --emit crontab  a day that repeats, as lines of a crontab
  kairos-wasm plan --trace trace.csv --window 600 --statistic p95
                                                      rates from a trace: the 95th percentile of each window's tenths
  kairos-wasm plan --rates rates.csv --compare             against a static fleet, an autoscaler and the online rule
  kairos-wasm plan --rates rates.csv --pareto              what it costs to keep capacity in reserve
  kairos-wasm search --format json > measured.json && kairos-wasm plan --rates rates.csv --allowable measured.json
                                                      a share of the measured throughput instead of the bound

The rate curve has the columns start_s and rate_qps. The plan is exact: no other choice of configurations that keeps
every rate within the utilisation of its bound costs less. It knows all rates beforehand, so it is a yardstick for
rules that do not. "time short" is the share of time in which a fleet could not serve the rate.`

interface PlanFlags extends QuestionFlags, OutputFlags<'table' | 'json' | 'csv'> {
  rates?: string
  trace?: string
  window?: number
  statistic: RateStatistic
  utilisation: number
  allowable?: string[]
  startDelay?: Record<string, number>
  startFee?: Record<string, number>
  initial?: Record<string, number>
  cycle?: boolean
  compare?: boolean
  pareto?: boolean
  forecast: ForecastName
  emit?: 'keda' | 'crontab'
  kernel: KernelName
}

export function define(command: Command): void {
  flags
    .addFlags(
      command,
      new Option('--rates <file>', 'a rate curve: start_s,rate_qps'),
      new Option('--trace <file>', 'a trace whose rates are taken by window: arrival_ms,batch_size'),
      new Option(
        '--window <seconds>',
        'length of a window (default: the length in the curve; 600 for a trace)',
      ).argParser(positive('a number of seconds > 0')),
      new Option(
        '--statistic <name>',
        'the rate of a window of a trace: peak or mean of its tenths, or p0 to p100',
      )
        .default('peak')
        .argParser(statistic),
      flags.question(),
      utilisation(),
      new Option(
        '--allowable <file>',
        'the share is of the throughput that search or capacity measured: a result in JSON; several times for several results',
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
      new Option('--emit <what>', 'print the schedule for a tool instead').choices(['keda', 'crontab']),
      flags.kernel(),
      flags.format('table', 'json', 'csv'),
      flags.svg(),
      flags.report(),
      flags.out(),
      flags.common(),
    )
    .addHelpText('after', EXAMPLES)
  runWith(command, plan)
}

async function plan(given: PlanFlags, config: string): Promise<void> {
  const { workload, space } = await readQuestion(given)
  const [curve, measured] = await Promise.all([readCurve(given), readAllowable(given, workload, space)])
  const { startDelay, startFee, initial, cycle, kernel: name } = given
  const kernel = loadKernel(name)
  const utilisation = given.pareto ? 1 : given.utilisation
  const input = planInputOf({
    ...{ workload, space, utilisation, measured, initial },
    ...{ rateQps: curve.rateQps, windowS: curve.windowS, kernel: name },
    ...{ startDelayS: startDelay, startFee, cyclic: cycle === true },
  })
  const started = performance.now()
  const found = optimalPlan(kernel, input)
  if (found.status === 'infeasible') {
    process.exitCode = 3
    process.stderr.write(
      `kairos-wasm: nothing is feasible: ${whyInfeasible(found, input, space, measured !== undefined)}\n`,
    )
    return
  }
  const slots = slotsOf(space)
  const subject: Subject = {
    model: workload.model,
    types: typeNames(space),
    ...(slots.some((count) => count > 1) && { slots }),
    windowS: curve.windowS,
    capacity: measured === undefined ? 'bound' : 'allowable',
    cyclic: cycle === true,
  }
  if (given.pareto) await showFrontier(given, config, { ...subject, ...frontierOf(kernel, input) })
  else await showPlan(given, config, { ...subject, ...described(found, input, utilisation) }, input, curve)
  const elapsedMs = Math.round(performance.now() - started)
  tell(
    given.quiet,
    `${formatCounted(input.rateQps.length, 'window')} x ${formatCounted(input.capacityQps.length, 'configuration')} in ${elapsedMs} ms`,
  )
}

interface Subject {
  readonly model: string
  readonly types: readonly string[]
  /** The slots of an instance of each type, unless all have one. */
  readonly slots?: readonly number[]
  readonly windowS: number
  readonly capacity: CapacityName
  readonly cyclic: boolean
}

const frontierOf = (kernel: Kernel, input: PlanInput) => ({
  windows: input.rateQps.length,
  rows: planFrontier(kernel, input),
})

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

async function showFrontier(given: PlanFlags, config: string, frontier: PlanFrontier): Promise<void> {
  for (const flag of ['compare', 'emit', 'svg', 'report'] as const) {
    if (given[flag] === undefined) continue
    const problem = `--${flag} is for one plan, --pareto has several`
    throw new KairosError('BAD_USAGE', problem, {}, 'leave one out')
  }
  const text = await planFrontierText(frontier, given.format, wantsColor(given.color))
  await saveResult(given, SAVED[given.format], text, config)
  await show([text])
}

async function showPlan(
  given: PlanFlags,
  config: string,
  plan: PlanResult,
  input: PlanInput,
  curve: RateCurve,
): Promise<void> {
  if (given.compare && given.emit !== undefined) {
    const problem = '--compare adds a table, --emit prints a schedule without one'
    throw new KairosError('BAD_USAGE', problem, {}, 'leave one out')
  }
  const result = given.compare ? { ...plan, comparison: await compare(given, input, plan, curve) } : plan
  const text = await textOf(result, given, input)
  await savePicture(given, () => planPlot(result))
  await saveReport(given, async () => {
    const { workload, space } = await readQuestion(given)
    return {
      page: planPage(result),
      input: { workload: plainWorkload(workload), space, topN: 20, live: false },
    }
  })
  await saveResult(given, SAVED[given.emit ?? given.format], text, config)
  await show([text])
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

/** The rates that flags name, with the length of their windows. */
async function readCurve(given: PlanFlags): Promise<RateCurve & { readonly windowS: number }> {
  if ((given.rates === undefined) === (given.trace === undefined)) {
    const problem = given.rates === undefined ? 'no rates are given' : '--rates and --trace give rates each'
    throw new KairosError('BAD_USAGE', problem, {}, 'name a --rates file or a --trace')
  }
  if (given.rates !== undefined) {
    const curve = await readRates(given.rates)
    if (given.window !== undefined && curve.windowS !== undefined && given.window !== curve.windowS) {
      const problem = `is ${given.window}, the windows of ${given.rates} last ${curve.windowS} s`
      throw new KairosError('BAD_USAGE', problem, { field: '--window' }, 'leave it out')
    }
    if (given.emit !== undefined && curve.firstS !== 0) {
      throw new KairosError(
        'BAD_FILE',
        `starts at ${curve.firstS} s, a schedule for tools starts at midnight`,
        { file: given.rates, field: 'start_s' },
        'let the curve begin at 0 for midnight UTC, on Monday for a week',
      )
    }
    return { ...curve, windowS: given.window ?? windowLength(curve, given.rates) }
  }
  const windowS = given.window ?? 600
  const trace = await readTraceShowing(given.trace!, given.quiet, {})
  return { firstS: 0, windowS, rateQps: ratesOfTrace(trace, { windowS, statistic: given.statistic }) }
}

async function compare(
  given: PlanFlags,
  input: PlanInput,
  found: Pick<OptimalPlan, 'cost' | 'starts'>,
  { forecastQps }: RateCurve,
): Promise<PlanComparison> {
  const { forecast, utilisation, quiet, kernel } = given
  const signal = interruptSignal()
  const progress = startProgress('simulating', 'fleets', quiet)
  const options = { forecast, givenQps: forecastQps, utilisation, signal, onProgress: progress.update }
  try {
    return await compareFleets(loadKernel(kernel), input, found, options)
  } finally {
    progress.stop()
  }
}

async function textOf(result: PlanResult, given: PlanFlags, input: PlanInput): Promise<string> {
  if (given.emit === 'keda') return kedaText(result, input.types)
  if (given.emit === 'crontab') return crontabText(result, input.types)
  return planText(result, given.format, wantsColor(given.color))
}

function whyInfeasible(
  found: InfeasiblePlan,
  { windowS, types }: PlanInput,
  space: Space,
  isMeasured: boolean,
): string {
  const { window, rateQps, peakQps, largestWithinBudgetQps, largestQps, budgetPerHour } = found
  const peak = peakQps > rateQps ? `, and a later one for ${formatFigure(peakQps)}` : ''
  const what = `window ${window} (from ${window * windowS} s) asks for ${formatFigure(rateQps)} queries a second${peak}`
  const allowed = `${what}, the budget allows ${largestWithinBudgetQps.toFixed(1)}`
  const budget = budgetPerHour ?? (isMeasured ? undefined : enlargedBudget(found, space))
  if (budget !== undefined) {
    return `${allowed}: a budget of $${(Math.ceil(budget * 1e4) / 1e4).toFixed(4)} an hour would do`
  }
  if (types.some(({ max }, t) => max < space.types[t].max)) return `${allowed}: raise the budget`
  const counts = types.map(({ name, max }) => `${name}=${max}`).join(',')
  return `${what}, all counts together (${counts}) serve ${largestQps.toFixed(1)}: raise a maximum of the space`
}

/**
 * The price of the best fleet of the budget, enlarged to the largest rate, where the budget left counts of the space out:
 * in proportion its bound grows as its counts, and rounding up adds to it. Undefined if the space lacks these counts.
 */
function enlargedBudget(found: InfeasiblePlan, { types }: Space): number | undefined {
  const { peakQps, largestWithinBudgetQps, largestWithinBudget } = found
  if (largestWithinBudgetQps === 0) return undefined
  const counts = largestWithinBudget.map((count) => Math.ceil((count * peakQps) / largestWithinBudgetQps))
  if (counts.some((count, t) => count > types[t].max)) return undefined
  return types.reduce((sum, { pricePerHour }, t) => sum + counts[t] * pricePerHour, 0)
}

const SAVED = {
  ...{ table: 'plan.txt', json: 'plan.json', csv: 'plan.csv' },
  ...{ keda: 'plan.yaml', crontab: 'crontab' },
}

function statistic(text: string): RateStatistic {
  if (text === 'peak' || text === 'mean') return text
  const percentile = Number(text.slice(1))
  if (/^p\d/.test(text) && percentile >= 0 && percentile <= 100) return percentile
  throw new InvalidArgumentError('Expected peak, mean, or a percentile such as p95.')
}
