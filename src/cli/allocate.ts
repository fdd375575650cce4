import { join } from 'node:path'
import { Command, Option } from 'commander'
import type { RankRequest } from '../allocate/rank.ts'
import type { BoundName } from '../model/bounds.ts'
import { applyConfig, effectiveConfig } from './config.ts'
import * as flags from './flags.ts'
import { readQuestion } from './question.ts'
import { interruptSignal, show, showing, startProgress, tell, wantsColor } from './terminal.ts'

const EXAMPLES = `
Examples:
  kairos allocate                                     the published space for the published workload rm2
  kairos allocate --model dien --budget 3 --top-n 20  another model, another budget
  kairos allocate -w mine.yaml -s fleet.yaml          your own workload and machines
  kairos allocate --all --format csv > ranking.csv    every configuration that the budget allows
  kairos allocate --profile allocator_profile.json --format hpdc23
                                                      the published allocator's answer, in its format
  kairos allocate --out results && kairos allocate -c results/config.json
                                                      save, and run the same again`

interface AllocateFlags {
  workload?: string
  model?: string
  space: string
  budget?: number
  qosMs?: number
  percentile?: number
  bound: BoundName
  profile?: string
  topN: number
  all?: boolean
  threads?: number
  kernel: 'wasm' | 'fallback'
  format: string
  out?: string
  quiet?: boolean
  color: boolean
}

export function allocateCommand(): Command {
  return new Command('allocate')
    .description('rank every configuration that a budget allows by an upper bound on its throughput')
    .addOption(flags.workload())
    .addOption(flags.model())
    .addOption(flags.space())
    .addOption(flags.budget())
    .addOption(flags.qosMs())
    .addOption(flags.percentile())
    .addOption(flags.bound())
    .addOption(new Option('--profile <file>', 'a published allocator_profile.json as the input'))
    .addOption(flags.topN())
    .addOption(new Option('--all', 'every feasible configuration instead of the best'))
    .addOption(flags.threads())
    .addOption(flags.kernel())
    .addOption(flags.format('table', 'json', 'csv', 'ndjson', 'hpdc23'))
    .addOption(flags.out())
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addOption(flags.noColor())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, command: Command) => {
      await applyConfig(command)
      await allocate(command.opts(), effectiveConfig(command))
    })
}

async function allocate(given: AllocateFlags, config: string): Promise<void> {
  const started = performance.now()
  const published = given.format === 'hpdc23'
  const { workload, space, profile } = await readQuestion(given)
  const { streamRanking } = await import('../allocate/rank.ts')
  const progress = startProgress('ranking', 'configurations', given.quiet)
  const request: RankRequest = {
    workload,
    space,
    bound: given.bound,
    topN: given.all || published ? Number.POSITIVE_INFINITY : given.topN,
    ties: published ? 'counts' : 'cost',
    kernel: given.kernel,
    signal: interruptSignal(),
    onProgress: progress.update,
    ...(profile && { profile }),
    ...(given.threads && { threads: given.threads }),
  }
  try {
    const { head, rows } = await streamRanking(request)
    const write = await writer(given)
    const chunks = write(head, rows)
    if (given.out === undefined) await show(chunks)
    else await save(given, workload.model, showing(chunks), config)
    tell(given.quiet, `${head.considered} configurations in ${Math.round(performance.now() - started)} ms`)
    if (head.feasible === 0) {
      process.exitCode = 3
      if (given.format !== 'table') tell(false, `nothing is feasible: ${head.infeasible?.message}`)
    }
  } finally {
    progress.stop()
  }
}

async function writer({ format, color }: AllocateFlags) {
  switch (format) {
    case 'json':
      return (await import('../report/ranking-json.ts')).rankingJson
    case 'ndjson':
      return (await import('../report/ranking-json.ts')).rankingNdjson
    case 'csv':
      return (await import('../report/ranking-csv.ts')).rankingCsv
    case 'hpdc23':
      return (await import('../report/upperbounds.ts')).upperboundsJson
    default:
      return (await import('../report/ranking-table.ts')).rankingTable(wantsColor(color))
  }
}

const SAVED: Record<string, string> = {
  table: 'ranking.txt',
  json: 'ranking.json',
  csv: 'ranking.csv',
  ndjson: 'ranking.ndjson',
}

async function save(given: AllocateFlags, model: string, chunks: AsyncIterable<string>, config: string) {
  const { writeAtomically } = await import('../files/write.ts')
  const name = SAVED[given.format] ?? join('upperbounds', `${model}.json`)
  const folder = given.out!
  await writeAtomically(join(folder, name), chunks)
  await writeAtomically(join(folder, 'config.json'), config)
  tell(given.quiet, `saved ${join(folder, name)} and ${join(folder, 'config.json')}`)
}
