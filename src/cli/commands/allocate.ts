import { join } from 'node:path'
import { Command, Option } from 'commander'
import type { RankRequest } from '../../allocate/rank.ts'
import type { BoundName } from '../../model/bounds.ts'
import { KairosError } from '../../model/errors.ts'
import type { RankedBatches, RankedConfiguration, RankingHead } from '../../model/results/ranking.ts'
import type { Space } from '../../model/space.ts'
import type { Workload } from '../../model/workload.ts'
import { formatDollars } from '../../report/numbers.ts'
import { applyConfig, effectiveConfig, inWordsOfFlags } from '../input/config.ts'
import type { CountsFlag } from '../input/counts-flag.ts'
import * as flags from '../input/flags.ts'
import { type QuestionFlags, readQuestion } from '../input/question.ts'
import {
  fillVerification,
  type VerificationFlags,
  verificationGiven,
  verificationOptions,
} from '../input/verification.ts'
import {
  interruptSignal,
  lineRoom,
  show,
  showing,
  startProgress,
  tell,
  wantsColor,
} from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos allocate                                     the published space for the published workload rm2
  kairos allocate --model dien --budget 3 --top-n 20  another model, another budget
  kairos allocate -w mine.yaml -s fleet.yaml          your own workload and machines
  kairos allocate --explain g4dn.xlarge=1,r5n.large=13
                                                      what limits a configuration, and which sizes go where
  kairos allocate --pareto --svg frontier.svg         only what no cheaper configuration beats, with a picture
  kairos allocate --target-qps 100 --spare 1          the cheapest that serve 100 q/s, even after losing one
  kairos allocate -s large.json --time-limit 10        a space beyond enumeration: the best rows within 10 s
  kairos allocate --model mtwnd --verify               not bounded but measured: the best under replay, proven
  kairos allocate --all --format csv > ranking.csv    every configuration that the budget allows
  kairos allocate --profile allocator_profile.json --format hpdc23
                                                      the published allocator's answer, in its format
  kairos allocate --out results && kairos allocate -c results/config.json
                                                      save, and run the same again`

interface AllocateFlags extends QuestionFlags, VerificationFlags {
  verify?: boolean
  bound?: BoundName
  topN: number
  all?: boolean
  pareto?: boolean
  targetQps?: number
  spare?: number
  explain?: CountsFlag
  timeLimit?: number
  threads?: number
  kernel: 'wasm' | 'fallback'
  format: string
  svg?: string
  out?: string
  quiet?: boolean
  color: boolean
}

export function allocateCommand(): Command {
  const command = new Command('allocate')
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
    .addOption(new Option('--all', 'every configuration within the budget instead of the best'))
    .addOption(new Option('--pareto', 'only the frontier of cost and bound'))
    .addOption(flags.targetQps())
    .addOption(
      new Option(
        '--spare <count>',
        'with --target-qps: still reach it after the loss of any so many instances',
      ).argParser(flags.wholeNumber(0, 8)),
    )
    .addOption(flags.explain())
    .addOption(flags.timeLimit())
    .addOption(
      new Option('--verify', 'measure by replay: the proven best, or the cheapest up to --target-qps'),
    )
  for (const option of verificationOptions()) command.addOption(option.helpGroup('With --verify:'))
  return command
    .addOption(flags.threads())
    .addOption(flags.kernel())
    .addOption(flags.format('table', 'json', 'csv', 'ndjson', 'hpdc23'))
    .addOption(flags.svg())
    .addOption(flags.out())
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addOption(flags.noColor())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, self: Command) => {
      await applyConfig(self)
      if (self.opts().verify) {
        fillVerification(self)
        // one answer is wanted, where twenty would have to be measured
        if (self.getOptionValueSource('topN') === 'default') {
          self.setOptionValueWithSource('topN', 1, 'default')
        }
      }
      await inWordsOfFlags(self, () => allocate(self.opts(), effectiveConfig(self)))
    })
}

async function allocate(given: AllocateFlags, config: string): Promise<void> {
  refuseContradictions(given)
  if (given.verify) return (await import('./run-search.ts')).runSearch(given, config)
  const { workload, space, profile } = await readQuestion(given)
  if (given.explain) return explain(given, given.explain, workload, space, config)
  const started = performance.now()
  const progress = startProgress('ranking', 'configurations', given.quiet)
  const signal = interruptSignal()
  const threads = given.threads === undefined ? {} : { threads: given.threads }
  try {
    const { head, rows } =
      given.targetQps === undefined
        ? await (await import('../../allocate/rank.ts')).streamRanking({
            ...rankRequest(given, workload, space),
            ...threads,
            ...(given.timeLimit !== undefined && { timeLimitMs: 1000 * given.timeLimit }),
            ...(profile && { profile }),
            signal,
            onProgress: progress.update,
          })
        : await cheapest({ ...given, targetQps: given.targetQps }, workload, space, signal)
    const write = await writer(given)
    const chunks = write(
      head,
      given.svg === undefined ? rows : await drawing(given.svg, given.quiet, head, rows),
    )
    if (given.out === undefined) await show(chunks)
    else {
      const name = SAVED[given.format] ?? join('upperbounds', `${workload.model}.json`)
      await save(given, name, showing(chunks), config)
    }
    tell(given.quiet, `${head.considered} configurations in ${Math.round(performance.now() - started)} ms`)
    if (head.infeasible) {
      process.exitCode = 3
      if (given.format !== 'table')
        process.stderr.write(`kairos: nothing is feasible: ${head.infeasible.message}\n`)
    }
  } finally {
    progress.stop()
  }
}

function refuseContradictions(given: AllocateFlags): void {
  const refuse = (problem: string, cure: string): never => {
    throw new KairosError('BAD_USAGE', problem, {}, cure)
  }
  const closed = given.bound === 'closed-form' || given.profile !== undefined || given.format === 'hpdc23'
  if (given.bound === 'fluid' && given.profile !== undefined) {
    refuse('--profile has no fluid bound', 'leave --bound or --profile out')
  }
  if (closed && (given.targetQps !== undefined || given.explain)) {
    refuse(
      '--target-qps and --explain need the fluid bound',
      'leave --profile, --bound and --format hpdc23 out',
    )
  }
  if (given.explain && given.format !== 'table' && given.format !== 'json') {
    refuse(`--explain does not go with --format ${given.format}`, 'ask for table or json')
  }
  if (given.verify) {
    const { all, pareto, explain, spare, format } = given
    const useless = Object.entries({ all, pareto, explain, spare })
      .filter(([, value]) => value !== undefined)
      .map(([name]) => `--${name}`)
    if (closed || useless.length > 0 || format === 'ndjson') {
      const what = closed ? 'the closed form' : (useless[0] ?? '--format ndjson')
      refuse(`--verify does not go with ${what}`, 'leave one of them out')
    }
  } else if (verificationGiven(given).length > 0) {
    refuse(`${verificationGiven(given)[0]} is for replays`, 'add --verify')
  }
  if (closed && given.pareto) refuse('--pareto needs the fluid bound', 'leave --bound closed-form out')
  if (given.spare !== undefined && given.targetQps === undefined) {
    refuse('--spare has no target to keep', 'add --target-qps')
  }
  if (given.targetQps !== undefined && (given.all || given.pareto)) {
    refuse('--target-qps lists the cheapest', 'leave --all and --pareto out; --top-n says how many')
  }
}

function rankRequest(given: AllocateFlags, workload: Workload, space: Space): RankRequest {
  const published = given.format === 'hpdc23'
  const bound = given.bound ?? (published || given.profile !== undefined ? 'closed-form' : 'fluid')
  return {
    workload,
    space,
    bound,
    topN: given.all || given.pareto || published ? Number.POSITIVE_INFINITY : given.topN,
    includeInfeasible: given.all === true && !published,
    pareto: given.pareto === true,
    ties: published ? 'counts' : 'cost',
    kernel: given.kernel,
  }
}

async function cheapest(
  given: AllocateFlags & { targetQps: number },
  workload: Workload,
  space: Space,
  signal: AbortSignal,
) {
  const { cheapestConfigurations } = await import('../../allocate/cheapest.ts')
  const { rows, ...head } = await cheapestConfigurations({
    workload,
    space,
    targetQps: given.targetQps,
    spare: given.spare ?? 0,
    topN: given.topN,
    kernel: given.kernel,
    signal,
    ...(given.threads !== undefined && { threads: given.threads }),
  })
  return { head, rows: inOneBatch(rows) }
}

async function* inOneBatch<T>(rows: readonly T[]): AsyncGenerator<readonly T[]> {
  if (rows.length > 0) yield rows
}

async function explain(
  given: AllocateFlags,
  flag: CountsFlag,
  workload: Workload,
  space: Space,
  config: string,
): Promise<void> {
  const { inOrderOf, readCountsFlag } = await import('../input/counts.ts')
  const { explainConfiguration } = await import('../../allocate/explain.ts')
  const { explanationText } = await import('../../report/explanation.ts')
  const types = space.types.map(({ name }) => name)
  const counts = inOrderOf(types, await readCountsFlag('explain', flag, { types, ordered: true }))
  const result = explainConfiguration(workload, space, counts, given.kernel)
  const lines = [...explanationText(result, given.format, wantsColor(given.color))]
  if (given.out === undefined) await show(lines)
  else await save(given, EXPLANATION[given.format], showing(lines), config)
  const outside = space.types
    .filter(({ min, max }, t) => counts[t] < min || counts[t] > max)
    .map(({ name, min, max }) => `${name} is from ${min} to ${max}`)
  const over = result.costPerHour - space.budgetPerHour
  if (over > 1e-7) outside.push(`it costs $${formatDollars(over)} an hour more than the budget`)
  if (outside.length > 0)
    tell(given.quiet, `this configuration is not one of the space: ${outside.join('; ')}`)
  if (result.bound === 0) process.exitCode = 3
}

async function writer({ format, color, out }: AllocateFlags) {
  switch (format) {
    case 'json':
      return (await import('../../report/ranking-json.ts')).rankingJson
    case 'ndjson':
      return (await import('../../report/ranking-json.ts')).rankingNdjson
    case 'csv':
      return (await import('../../report/ranking-csv.ts')).rankingCsv
    case 'hpdc23':
      return (await import('../../report/upperbounds.ts')).upperboundsJson
    default:
      return (await import('../../report/ranking-table.ts')).rankingTable(
        wantsColor(color),
        // what is saved is for any terminal
        out === undefined ? lineRoom() : undefined,
      )
  }
}

/** The same rows, and a picture of them once the last has gone by. */
async function drawing(file: string, quiet: boolean | undefined, head: RankingHead, rows: RankedBatches) {
  const { MAX_POINTS, rankingPlot } = await import('../../report/ranking-plot.ts')
  return (async function* () {
    const points: RankedConfiguration[] = []
    for await (const batch of rows) {
      points.push(...batch.slice(0, MAX_POINTS - points.length))
      yield batch
    }
    if (points.length === 0) return
    const { renderSvg } = await import('../../report/plot.ts')
    const { writeAtomically } = await import('../../files/io/write.ts')
    await writeAtomically(file, await renderSvg(rankingPlot(head, points)))
    tell(quiet, `saved ${file}`)
  })()
}

const SAVED: Record<string, string> = {
  table: 'ranking.txt',
  json: 'ranking.json',
  csv: 'ranking.csv',
  ndjson: 'ranking.ndjson',
}

const EXPLANATION: Record<string, string> = { table: 'explanation.txt', json: 'explanation.json' }

async function save(given: AllocateFlags, name: string, chunks: AsyncIterable<string>, config: string) {
  const { writeAtomically } = await import('../../files/io/write.ts')
  const folder = given.out!
  await writeAtomically(join(folder, name), chunks)
  await writeAtomically(join(folder, 'config.json'), config)
  tell(given.quiet, `saved ${join(folder, name)} and ${join(folder, 'config.json')}`)
}
