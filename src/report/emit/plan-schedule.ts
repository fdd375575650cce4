import { stringify } from 'yaml'
import { refuseUsage } from '../../model/errors.ts'
import type { PlannedType } from '../../model/fleet/plan.ts'
import type { PlanResult } from '../../model/results/plan.ts'
import { utilisationText } from '../plan/plan.ts'
import { resourceNames } from './deployment.ts'

const DAY_S = 86_400
const WEEK_S = 7 * DAY_S
const MINUTE_S = 60
/** Monday, 5 January 1970, at midnight UTC, in seconds since 1970. */
const FIRST_MONDAY_S = 4 * DAY_S

/** A change of the count of one type, in seconds from the minute in which the cycle begins. */
interface Change {
  readonly atS: number
  readonly count: number
}

/** Where a cycle begins on the clock of cron, seconds after Monday at midnight UTC; and how far into that minute. */
function beginOf({ begin }: PlanResult): { readonly minuteS: number; readonly restS: number } {
  const beginS = begin === undefined ? 0 : Date.parse(begin) / 1000 - FIRST_MONDAY_S
  const minuteS = MINUTE_S * Math.floor(beginS / MINUTE_S)
  return { minuteS: ((minuteS % WEEK_S) + WEEK_S) % WEEK_S, restS: beginS - minuteS }
}

/**
 * The changes of a type in a cycle, in order of time. A tool sets one count, and cannot tell instances that stop from
 * instances that start. So at each moment as many run as the window needs, or any later window that begins within the
 * start delay, rounded up to whole minutes. An instance that would stop and start again meanwhile stays. Windows that
 * begin inside a minute begin and end with that minute.
 */
function changesOf(plan: PlanResult, type: number, startDelayS: number): Change[] {
  const { windows, windowS } = plan
  const cycleS = windows.length * windowS
  const aheadS = Math.min(cycleS, MINUTE_S * Math.ceil(startDelayS / MINUTE_S))
  const longerS = beginOf(plan).restS > 0 ? MINUTE_S : 0
  const needed = (atS: number) => {
    let most = 0
    for (let w = Math.floor((atS - longerS) / windowS); w * windowS <= atS + aheadS; w++) {
      most = Math.max(most, windows[(w + windows.length) % windows.length].counts[type])
    }
    return most
  }
  const begins = windows.map((_, w) => w * windowS)
  const moments = new Set(
    begins.flatMap((beginS) => [beginS, (beginS + longerS) % cycleS, (beginS - aheadS + cycleS) % cycleS]),
  )
  const states = [...moments].sort((a, b) => a - b).map((atS) => ({ atS, count: needed(atS) }))
  return states.filter(({ count }, i) => count !== states[(i + states.length - 1) % states.length].count)
}

/** @throws KairosError BAD_USAGE for a plan that is no cycle of a day or a week, or has windows that split minutes */
function checkCycle({ windows, windowS, cyclic }: PlanResult): void {
  const cycleS = windows.length * windowS
  const isFit = (cycleS === DAY_S || cycleS === WEEK_S) && windowS % MINUTE_S === 0
  if (isFit && cyclic) return
  const problem = `a schedule repeats every day or week, the plan covers ${cycleS} s${cyclic ? '' : ' once'}`
  const cure = 'give rates of a day or a week in windows of whole minutes, with --cycle'
  refuseUsage('emit', problem, isFit ? 'add --cycle if it repeats' : cure)
}

/** The five fields of cron, UTC, for a moment of the cycle. Without a begin it begins on Monday at midnight. */
function cronOf(atS: number, plan: PlanResult): string {
  const clockS = atS + beginOf(plan).minuteS
  const minute = Math.floor(clockS / MINUTE_S) % 60
  const hour = Math.floor(clockS / 3600) % 24
  const day = cycleOf(plan) === WEEK_S ? String((Math.floor(clockS / DAY_S) + 1) % 7) : '*'
  return `${minute} ${hour} * * ${day}`
}

const cycleOf = ({ windows, windowS }: PlanResult) => windows.length * windowS

/** Comments at the head of a schedule. */
function headOf(plan: PlanResult): string[] {
  const isDay = cycleOf(plan) === DAY_S
  const assumed = `${isDay ? '00:00' : 'Monday 00:00'} UTC, as the plan does not say (--begin)`
  return [
    `# ${plan.model}: the optimal plan of a ${isDay ? 'day' : 'week'}`,
    `# window 0 begins at ${plan.begin ?? assumed}`,
    `# ${utilisationText(plan)}${plan.capacity === 'bound' ? ': not measured, check with replay --plan' : ''}`,
  ]
}

/** Lines of a crontab that scale one Deployment per type by kubectl; at the start of the cycle where a count stays. */
export function crontabText(plan: PlanResult, types: readonly PlannedType[]): string {
  checkCycle(plan)
  const names = resourceNames(plan.model, plan.types)
  const lines = types.flatMap(({ startDelayS }, t) => {
    if (plan.windows.every(({ counts }) => counts[t] === 0)) return []
    const changes = changesOf(plan, t, startDelayS)
    const shown = changes.length > 0 ? changes : [{ atS: 0, count: plan.windows[0].counts[t] }]
    return shown.map(
      ({ atS, count }) => `${cronOf(atS, plan)} kubectl scale deployment/${names[t]} --replicas=${count}`,
    )
  })
  const zone =
    '# times are UTC: a cron that does not know CRON_TZ, such as that of Debian, must run on a machine in UTC'
  return `${[...headOf(plan), zone, 'CRON_TZ=UTC', ...lines].join('\n')}\n`
}

/** The smallest count of which the tolerance of an autoscaler (a tenth) ignores a change: 10 to 9, then 11 to 12. */
const TOLERATED_FROM = 10

/** No tolerance: a schedule does not fluctuate. KEDA before 2.18 refuses the field. */
const EXACT = {
  horizontalPodAutoscalerConfig: { behavior: { scaleUp: { tolerance: 0 }, scaleDown: { tolerance: 0 } } },
}

/** One KEDA ScaledObject per type, with a cron scaler for every stretch of time with the same count. */
export function kedaText(plan: PlanResult, types: readonly PlannedType[]): string {
  checkCycle(plan)
  const names = resourceNames(plan.model, plan.types)
  const documents = types.flatMap(({ startDelayS }, t) => {
    const changes = changesOf(plan, t, startDelayS)
    const counts = changes.length > 0 ? changes.map(({ count }) => count) : [plan.windows[0].counts[t]]
    const [least, most] = [Math.min(...counts), Math.max(...counts)]
    if (most === 0) return []
    const triggers =
      changes.length === 0
        ? [cronTrigger('0 0 * * *', '59 23 * * *', counts[0])]
        : changes.flatMap(({ atS, count }, i) => {
            const end = changes[(i + 1) % changes.length].atS
            return count === 0 ? [] : [cronTrigger(cronOf(atS, plan), cronOf(end, plan), count)]
          })
    return [
      {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: names[t] },
        spec: {
          scaleTargetRef: { name: names[t] },
          minReplicaCount: least,
          maxReplicaCount: most,
          ...(least < most && most >= TOLERATED_FROM && { advanced: EXACT }),
          triggers,
        },
      },
    ]
  })
  return `${headOf(plan).join('\n')}\n${documents.map((document) => stringify(document)).join('---\n')}`
}

function cronTrigger(start: string, end: string, count: number) {
  return { type: 'cron', metadata: { timezone: 'UTC', start, end, desiredReplicas: String(count) } }
}
