import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { RateCurve } from '../../files/tables/rates.ts'
import type { KernelName } from '../../kernel/contract.ts'
import { KairosError } from '../../model/errors.ts'
import type { InfeasiblePlan, OptimalPlan, PlanInput } from '../../model/plan.ts'
import type { PlanComparison, PlanResult } from '../../model/results/plan.ts'
import { FORECASTS, type ForecastName } from '../../plan/forecast.ts'
import type { RateStatistic } from '../../plan/rates.ts'
import { applyConfig, effectiveConfig, inWordsOfFlags } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { type QuestionFlags, readQuestion } from '../input/question.ts'
import { interruptSignal, show, startProgress, tell, wantsColor } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos plan --rates rates.csv                       the cheapest fleet of rm2 in each window of a rate curve
  kairos plan --rates rates.csv --start-delay g4dn.xlarge=480,r5n.large=240 --start-fee g4dn.xlarge=0.05
                                                      instances serve after a delay and cost a fee to start
  kairos plan --rates day.csv --cycle --emit crontab  a day that repeats, as lines of a crontab
  kairos plan --trace trace.csv --window 600 --statistic p95
                                                      rates from a trace: the 95th percentile of each window's tenths
  kairos plan --rates rates.csv --compare             against a static fleet, an autoscaler and the online rule

The rate curve has the columns start_s and rate_qps. The plan is exact: no other choice of configurations that keeps
every rate within the utilisation of its bound costs less. It knows all rates beforehand, so it is a yardstick for
rules that do not. "time short" is the share of time in which a fleet could not serve the rate.`

interface PlanFlags extends QuestionFlags {
  rates?: string
  trace?: string
  window?: number
  statistic: RateStatistic
  utilisation: number
  startDelay?: Record<string, number>
  startFee?: Record<string, number>
  initial?: Record<string, number>
  cycle?: boolean
  compare?: boolean
  forecast: ForecastName
  emit?: 'keda' | 'crontab'
  kernel: KernelName
  format: 'table' | 'json' | 'csv'
  svg?: string
  out?: string
  quiet?: boolean
  color: boolean
}

export function planCommand(): Command {
  return new Command('plan')
    .description('which fleet runs when: the plan of least cost over a rate that changes with time')
    .addOption(new Option('--rates <file>', 'a rate curve: start_s,rate_qps'))
    .addOption(new Option('--trace <file>', 'a trace whose rates are taken by window: arrival_ms,batch_size'))
    .addOption(
      new Option(
        '--window <seconds>',
        'length of a window (default: that of the curve; 600 for a trace)',
      ).argParser(flags.positive('a number of seconds > 0')),
    )
    .addOption(
      new Option(
        '--statistic <name>',
        'the rate of a window of a trace: peak or mean of its tenths, or p0 to p100',
      )
        .default('peak')
        .argParser(statistic),
    )
    .addOption(flags.workload())
    .addOption(flags.model())
    .addOption(flags.space())
    .addOption(flags.budget())
    .addOption(flags.qosMs())
    .addOption(flags.percentile())
    .addOption(
      new Option('--utilisation <share>', 'how much of its bound a fleet is asked for')
        .default(0.85)
        .argParser(share),
    )
    .addOption(byType('--start-delay <list>', 'seconds until an instance serves: type=seconds,…'))
    .addOption(byType('--start-fee <list>', 'dollars per start: type=dollars,…'))
    .addOption(byType('--initial <list>', 'what runs before the first window: type=count,…'))
    .addOption(new Option('--cycle', 'the last window is followed by the first, as in a day that repeats'))
    .addOption(new Option('--compare', 'add a static fleet, an autoscaler and the online rule'))
    .addOption(
      new Option('--forecast <name>', 'what the online rule expects')
        .choices([...FORECASTS])
        .default('recent-maximum'),
    )
    .addOption(
      new Option('--emit <what>', 'print the schedule for a tool instead').choices(['keda', 'crontab']),
    )
    .addOption(flags.kernel())
    .addOption(flags.format('table', 'json', 'csv'))
    .addOption(flags.svg())
    .addOption(flags.out())
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addOption(flags.noColor())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, command: Command) => {
      await applyConfig(command)
      await inWordsOfFlags(command, () => plan(command.opts(), effectiveConfig(command)))
    })
}

async function plan(given: PlanFlags, config: string): Promise<void> {
  const [{ planInputOf }, { optimalPlan }, { loadKernel }] = await Promise.all([
    import('../../plan/plan-fleet.ts'),
    import('../../plan/optimal.ts'),
    import('../../kernel/load.ts'),
  ])
  const { workload, space } = await readQuestion(given)
  const curve = await readCurve(given)
  const { utilisation, startDelay, startFee, initial, cycle, kernel: name } = given
  const kernel = loadKernel(name)
  const input = planInputOf({
    ...{ workload, space, utilisation, initial },
    ...{ rateQps: curve.rateQps, windowS: curve.windowS, kernel: name },
    ...{ startDelayS: startDelay, startFee, cyclic: cycle === true },
  })
  const started = performance.now()
  const found = optimalPlan(kernel, input)
  const elapsedMs = performance.now() - started
  if (found.status === 'infeasible') {
    process.exitCode = 3
    process.stderr.write(`kairos: nothing is feasible: ${whyInfeasible(found, input)}\n`)
    return
  }
  const result: PlanResult = {
    model: workload.model,
    types: space.types.map((type) => type.name),
    pricePerHour: input.types.map((type) => type.pricePerHour),
    startDelayS: input.types.map((type) => type.startDelayS),
    startFee: input.types.map((type) => type.startFee),
    ...{ windowS: curve.windowS, utilisation, cyclic: cycle === true },
    ...{ cost: found.cost, starts: found.starts, windows: found.windows },
    ...(given.compare && { comparison: await compare(given, input, found, curve) }),
  }
  const text = await textOf(result, given, input)
  await save(given, result, text, config)
  await show([text])
  tell(
    given.quiet,
    `${found.windows.length} windows x ${input.capacityQps.length} configurations in ${Math.round(elapsedMs)} ms`,
  )
}

/** The rates that flags name, with the length of their windows. */
async function readCurve(given: PlanFlags): Promise<RateCurve & { readonly windowS: number }> {
  if ((given.rates === undefined) === (given.trace === undefined)) {
    const problem = given.rates === undefined ? 'no rates are given' : '--rates and --trace give rates each'
    throw new KairosError('BAD_USAGE', problem, {}, 'name a --rates file or a --trace')
  }
  if (given.rates !== undefined) {
    const { readRates, windowLength } = await import('../../files/tables/rates.ts')
    const curve = await readRates(given.rates)
    return { ...curve, windowS: given.window ?? windowLength(curve, given.rates) }
  }
  const [{ readTrace }, { ratesOfTrace }] = await Promise.all([
    import('../../files/traces/trace-csv.ts'),
    import('../../plan/rates.ts'),
  ])
  const windowS = given.window ?? 600
  const trace = await readTrace(given.trace!)
  return { windowS, rateQps: ratesOfTrace(trace, { windowS, statistic: given.statistic }) }
}

async function compare(
  given: PlanFlags,
  input: PlanInput,
  found: OptimalPlan,
  { forecastQps }: RateCurve,
): Promise<PlanComparison> {
  const [{ compareFleets }, { loadKernel }] = await Promise.all([
    import('../../plan/compare.ts'),
    import('../../kernel/load.ts'),
  ])
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
  if (given.emit !== undefined) {
    const { crontabText, kedaText } = await import('../../report/plan-schedule.ts')
    return given.emit === 'keda' ? kedaText(result, input.types) : crontabText(result, input.types)
  }
  const { planText } = await import('../../report/plan.ts')
  return planText(result, given.format, wantsColor(given.color))
}

function whyInfeasible(found: InfeasiblePlan, { windowS, types }: PlanInput): string {
  const { window, rateQps, largestWithinBudgetQps, largestQps, budgetPerHour } = found
  const what = `window ${window} (from ${window * windowS} s) asks for ${rateQps} queries a second`
  if (budgetPerHour !== undefined) {
    const budget = (Math.ceil(budgetPerHour * 1e4) / 1e4).toFixed(4)
    return `${what}, the budget allows ${largestWithinBudgetQps.toFixed(1)}: a budget of $${budget} an hour would do`
  }
  const counts = types.map(({ name, max }) => `${name}=${max}`).join(',')
  return `${what}, all counts together (${counts}) serve ${largestQps.toFixed(1)}: raise a maximum of the space`
}

const SAVED = { table: 'plan.txt', json: 'plan.json', csv: 'plan.csv' }

async function save(given: PlanFlags, result: PlanResult, text: string, config: string): Promise<void> {
  if (given.out === undefined && given.svg === undefined) return
  const { writeTogether } = await import('../../files/io/write.ts')
  const files: { path: string; chunks: string }[] = []
  if (given.out !== undefined) {
    const name =
      given.emit === undefined ? SAVED[given.format] : given.emit === 'keda' ? 'plan.yaml' : 'crontab'
    files.push({ path: join(given.out, name), chunks: text })
    files.push({ path: join(given.out, 'config.json'), chunks: config })
  }
  if (given.svg !== undefined) {
    const [{ renderSvg }, { planPlot }] = await Promise.all([
      import('../../report/plot.ts'),
      import('../../report/plan-plot.ts'),
    ])
    files.push({ path: given.svg, chunks: await renderSvg(planPlot(result)) })
  }
  await writeTogether(files)
  tell(given.quiet, `saved ${files.map(({ path }) => path).join(' and ')}`)
}

/** A flag whose value is a list of type=number. */
function byType(name: string, meaning: string): Option {
  return new Option(name, meaning).argParser((text) => {
    const values: Record<string, number> = {}
    for (const part of text.split(',')) {
      const [type, number, ...rest] = part.split('=')
      const value = Number(number)
      if (!type || !number || rest.length > 0 || !(value >= 0 && Number.isFinite(value))) {
        throw new InvalidArgumentError(`Expected type=number, separated by commas; "${part}" is not.`)
      }
      if (Object.hasOwn(values, type.trim()))
        throw new InvalidArgumentError(`"${type.trim()}" is named twice.`)
      values[type.trim()] = value
    }
    return values
  })
}

function share(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value <= 1) return value
  throw new InvalidArgumentError('Expected a share above 0 and up to 1.')
}

function statistic(text: string): RateStatistic {
  if (text === 'peak' || text === 'mean') return text
  const percentile = Number(text.slice(1))
  if (/^p\d/.test(text) && percentile >= 0 && percentile <= 100) return percentile
  throw new InvalidArgumentError('Expected peak, mean, or a percentile such as p95.')
}
