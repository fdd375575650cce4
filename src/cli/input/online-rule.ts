import { Option } from 'commander'
import { readSpace } from '../../files/documents/space.ts'
import { refuseUsage } from '../../model/errors.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { FORECASTS, type ForecastName } from '../../plan/forecast.ts'
import { createLiveRule } from '../../plan/live-rule.ts'
import type { Advisor } from '../../serve/router/advice.ts'
import { byType } from './by-type.ts'
import type { FlagRule } from './flag-rules.ts'
import * as flags from './flags.ts'
import { between, share } from './parse.ts'
import { DEFAULT_SPACE, isShippedWorkload } from './question.ts'

export interface OnlineRuleFlags {
  readonly online?: number
  readonly space?: string
  readonly workload?: readonly string[]
  readonly budget?: number
  readonly utilisation: number
  readonly headroom: number
  readonly forecast: Exclude<ForecastName, 'given'>
  readonly startDelay?: Record<string, number>
  readonly startFee?: Record<string, number>
}

export const utilisation = () =>
  new Option('--utilisation <share>', 'the share of its bound that a fleet may serve')
    .default(0.85)
    .argParser(share)

export const startDelay = () =>
  byType('--start-delay <list>', 'seconds until an instance serves: type=seconds,…')

export const startFee = () => byType('--start-fee <list>', 'dollars per start: type=dollars,…')

export const ONLINE_RULES: readonly FlagRule[] = [
  {
    flags: ['--budget', '--utilisation', '--headroom', '--forecast', '--start-delay', '--start-fee'],
    unless: ['--online'],
    problem: (flag) => `${flag} is for the online rule`,
  },
]

/** The online rule of a router, whose decisions are metrics. */
export const onlineRuleFlags = () =>
  [
    new Option(
      '--online <seconds>',
      'metrics of how many servers there should be: the online rule of plan over --space, every so many seconds',
    ).argParser(between(0.1, 1e9)),
    flags.budget(),
    utilisation(),
    new Option('--headroom <share>', 'capacity above the forecast rate')
      .default(0.4)
      .argParser(between(0, 10)),
    new Option('--forecast <name>', 'the forecast of the online rule')
      .choices(FORECASTS.filter((name) => name !== 'given'))
      .default('recent-maximum'),
    startDelay(),
    startFee(),
  ].map((option) => option.helpGroup('Online rule:'))

/** @throws KairosError BAD_USAGE for several models, or without a space for a workload of one's own */
export async function readAdvisor(
  given: OnlineRuleFlags,
  workloads: readonly Workload[],
): Promise<Advisor | undefined> {
  const {
    online: windowS,
    budget,
    utilisation,
    headroom,
    forecast,
    startDelay: startDelayS,
    startFee,
  } = given
  if (windowS === undefined) return undefined
  const refuse = (problem: string, cure: string): never => {
    refuseUsage('online', problem, cure)
  }
  if (workloads.length > 1) refuse('is for one model', 'start a router for each model')
  const isOwn = given.workload !== undefined && !(await isShippedWorkload(given.workload[0]))
  if (isOwn && given.space === undefined)
    refuse('needs a space', 'name the types and the budget with --space')
  const [workload] = workloads
  const space = await readSpace(given.space ?? DEFAULT_SPACE, { knownTypes: workload.latency.types })
  const rule = createLiveRule({
    workload,
    space: { ...space, budgetPerHour: budget ?? space.budgetPerHour },
    ...{ windowS, utilisation, headroom, forecast, startDelayS, startFee },
  })
  return {
    windowMs: 1000 * windowS,
    advise(rateQps, present) {
      const { counts, ...decision } = rule.next(rateQps, Object.fromEntries(present))
      return { ...decision, wanted: new Map(rule.types.map((type, t) => [type, counts[t]])) }
    },
  }
}
