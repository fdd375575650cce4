import { extname } from 'node:path'
import type { Command } from 'commander'
import { isForEach } from '../input/several.ts'
import { EMIT_TARGETS } from './emit.ts'

/** Names of files by format, or by what is emitted. */
type Names = Readonly<Record<string, string>>

const EMITTED: Names = Object.fromEntries(EMIT_TARGETS.map((target) => [target, `${target}.yaml`]))

const namesOf = (name: string) => ({ table: `${name}.txt`, json: `${name}.json`, csv: `${name}.csv` })

/** The names of the results that `--out` saves in a folder. */
export const RESULT_FILES = {
  ranking: { ...namesOf('ranking'), ndjson: 'ranking.ndjson', ...EMITTED } as Names,
  explanation: { table: 'explanation.txt', json: 'explanation.json' } as Names,
  search: { ...namesOf('search'), ...EMITTED } as Names,
  capacity: namesOf('capacity'),
  replay: namesOf('replay'),
  replays: namesOf('replays'),
  plan: { ...namesOf('plan'), keda: 'plan.yaml', crontab: 'crontab', kubernetes: 'kubernetes.yaml' },
}

/** The result that a command saves. */
function resultOf(command: Command): Names | undefined {
  const given = command.opts()
  switch (command.name()) {
    case 'allocate':
      if (given.verify) return RESULT_FILES.search
      return given.explain ? RESULT_FILES.explanation : RESULT_FILES.ranking
    case 'merge':
      return RESULT_FILES.ranking
    case 'search':
      return RESULT_FILES.search
    case 'capacity':
      return RESULT_FILES.capacity
    case 'replay':
      return isForEach(given) ? RESULT_FILES.replays : RESULT_FILES.replay
    case 'plan':
      return RESULT_FILES.plan
    default:
      return undefined
  }
}

/** What a command can save with `--out <dir>` in the format that it is given. */
export function resultNames(command: Command): string[] {
  const form: string = command.getOptionValue('emit') ?? command.getOptionValue('format') ?? ''
  const names = resultOf(command)?.[form] ?? []
  const servers = command.name() === 'emulate' ? ['service_addr.json', 'fleet.json'] : []
  return ['config.json', ...[names].flat(), ...servers]
}

/** The file of a policy. Of several policies each has its own: schedule.csv -> schedule.kairos.csv */
export function fileOfPolicy(file: string, policy: string, { length }: readonly string[]): string {
  if (length === 1) return file
  const packing = /\.gz$/i.exec(file)?.[0] ?? ''
  const end = extname(file.slice(0, file.length - packing.length)) + packing
  return `${file.slice(0, file.length - end.length)}.${policy}${end}`
}
