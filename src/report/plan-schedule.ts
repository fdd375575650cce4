import { stringify } from 'yaml'
import { KairosError } from '../model/errors.ts'
import type { PlannedType } from '../model/plan.ts'
import type { PlanResult } from '../model/results/plan.ts'

const DAY_S = 86_400
const WEEK_S = 7 * DAY_S
const MINUTE_S = 60

/** A change of the count of one type, in seconds from the start of the cycle. */
interface Change {
  readonly atS: number
  readonly count: number
}

/**
 * The changes of a type in a cycle. Starts are moved ahead by the start delay, up to a whole minute, so that the
 * instances serve when their window begins; stops happen at its start.
 */
function changesOf({ windows, windowS }: PlanResult, type: number, startDelayS: number): Change[] {
  const cycleS = windows.length * windowS
  const changes = windows.flatMap(({ counts }, w) => {
    const before = windows[(w + windows.length - 1) % windows.length].counts[type]
    if (counts[type] === before) return []
    const aheadS = counts[type] > before ? MINUTE_S * Math.ceil(startDelayS / MINUTE_S) : 0
    return [{ atS: (w * windowS - aheadS + cycleS) % cycleS, count: counts[type] }]
  })
  return changes.sort((a, b) => a.atS - b.atS)
}

/** @throws KairosError BAD_USAGE for a plan that is no cycle of a day or a week, or has windows that split minutes */
function checkCycle({ windows, windowS, cyclic }: PlanResult): void {
  const cycleS = windows.length * windowS
  if (cyclic && (cycleS === DAY_S || cycleS === WEEK_S) && windowS % MINUTE_S === 0) return
  throw new KairosError(
    'BAD_USAGE',
    `a schedule repeats every day or week, the plan covers ${cycleS} s${cyclic ? '' : ' once'}`,
    { field: 'emit' },
    'give rates of a day or a week in windows of whole minutes, with --cycle',
  )
}

/** The five fields of cron for a moment of the cycle; the first window begins on Monday at midnight, UTC. */
function cronOf(atS: number, cycleS: number): string {
  const minute = Math.floor(atS / MINUTE_S) % 60
  const hour = Math.floor(atS / 3600) % 24
  const day = cycleS === WEEK_S ? String((Math.floor(atS / DAY_S) + 1) % 7) : '*'
  return `${minute} ${hour} * * ${day}`
}

/** The name of the Deployment of a type: lower case letters, digits and dashes. */
function deploymentOf(model: string, type: string): string {
  return `${model}-${type}`.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-')
}

/** Lines of a crontab that scale one Deployment per type by kubectl. */
export function crontabText(plan: PlanResult, types: readonly PlannedType[]): string {
  checkCycle(plan)
  const cycleS = plan.windows.length * plan.windowS
  const lines = types.flatMap(({ name, startDelayS }, t) =>
    changesOf(plan, t, startDelayS).map(
      ({ atS, count }) =>
        `${cronOf(atS, cycleS)} kubectl scale deployment/${deploymentOf(plan.model, name)} --replicas=${count}`,
    ),
  )
  const head = [`# ${plan.model}: the optimal plan of a ${cycleS === DAY_S ? 'day' : 'week'}`, 'CRON_TZ=UTC']
  return `${[...head, ...lines].join('\n')}\n`
}

/** One KEDA ScaledObject per type, with a cron scaler for every stretch of time with the same count. */
export function kedaText(plan: PlanResult, types: readonly PlannedType[]): string {
  checkCycle(plan)
  const cycleS = plan.windows.length * plan.windowS
  const documents = types.flatMap(({ name, startDelayS }, t) => {
    const changes = changesOf(plan, t, startDelayS)
    const counts = changes.length > 0 ? changes.map(({ count }) => count) : [plan.windows[0].counts[t]]
    if (Math.max(...counts) === 0) return []
    const triggers =
      changes.length === 0
        ? [cronTrigger('0 0 * * *', '59 23 * * *', counts[0])]
        : changes.flatMap(({ atS, count }, i) => {
            const end = changes[(i + 1) % changes.length].atS
            return count === 0 ? [] : [cronTrigger(cronOf(atS, cycleS), cronOf(end, cycleS), count)]
          })
    const least = changes.length === 0 ? counts[0] : Math.min(...counts)
    return [
      {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: deploymentOf(plan.model, name) },
        spec: {
          scaleTargetRef: { name: deploymentOf(plan.model, name) },
          minReplicaCount: least,
          maxReplicaCount: Math.max(...counts),
          triggers,
        },
      },
    ]
  })
  return documents.map((document) => stringify(document)).join('---\n')
}

function cronTrigger(start: string, end: string, count: number) {
  return { type: 'cron', metadata: { timezone: 'UTC', start, end, desiredReplicas: String(count) } }
}
