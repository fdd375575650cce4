import type { Command } from 'commander'
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
  plan: { ...namesOf('plan'), keda: 'plan.yaml', crontab: 'crontab' },
}

/** The results that each command can save. */
const RESULTS: Readonly<Record<string, readonly Names[]>> = {
  allocate: [RESULT_FILES.ranking, RESULT_FILES.explanation, RESULT_FILES.search],
  merge: [RESULT_FILES.ranking],
  search: [RESULT_FILES.search],
  capacity: [RESULT_FILES.capacity],
  replay: [RESULT_FILES.replay, RESULT_FILES.replays],
  plan: [RESULT_FILES.plan],
}

/** What a command can save with `--out <dir>` in the format that it is given. */
export function resultNames(command: Command): string[] {
  const form: string = command.getOptionValue('emit') ?? command.getOptionValue('format') ?? ''
  const names = (RESULTS[command.name()] ?? []).flatMap((byForm) => byForm[form] ?? [])
  const servers = command.name() === 'emulate' ? ['service_addr.json', 'fleet.json'] : []
  return ['config.json', ...names, ...servers]
}
