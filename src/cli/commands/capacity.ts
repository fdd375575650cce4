import { join } from 'node:path'
import { Command } from 'commander'
import type { KernelName } from '../../kernel/contract.ts'
import type { ArrivalProcess } from '../../model/arrivals.ts'
import type { Estimate } from '../../model/results/capacity.ts'
import type { Workload } from '../../model/workload.ts'
import { applyConfig, effectiveConfig, inWordsOfFlags } from '../input/config.ts'
import type { ConfigurationFlags } from '../input/configuration.ts'
import * as flags from '../input/flags.ts'
import { interruptSignal, show, startProgress, tell, wantsColor } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos capacity --counts g4dn.xlarge=2,r5n.large=9   what rm2 on 2 g4dn.xlarge and 9 r5n.large can take
  kairos capacity --counts 2,0,9,0 --policy kairos,fcfs
                                                       and how many times that of first come, first served
  kairos capacity --counts 2,0,9,0 --arrivals gamma --cv 3
                                                       when queries come in bursts
  kairos capacity --model dien --counts config.json --repeats 10 --format json

Allowable throughput is the largest rate at which the percentile of latency stays inside QoS, searched by
replay to half a percent. It stands beside the fluid bound, which no policy can exceed in the long run.`

interface CapacityFlags extends ConfigurationFlags {
  policy: string[]
  service: 'mean' | 'sampled'
  queries: number
  repeats: number
  seed: number
  arrivals: ArrivalProcess
  cv?: number
  log?: string
  threads?: number
  kernel: KernelName
  format: 'table' | 'json' | 'csv'
  out?: string
  quiet?: boolean
  color: boolean
}

export function capacityCommand(): Command {
  return new Command('capacity')
    .description('the highest rate that a configuration serves in time, measured by replay')
    .addOption(flags.workload())
    .addOption(flags.model())
    .addOption(flags.qosMs())
    .addOption(flags.percentile())
    .addOption(flags.configuration())
    .addOption(flags.types())
    .addOption(flags.policies())
    .addOption(flags.service('sampled'))
    .addOption(flags.arrivals().default('poisson'))
    .addOption(flags.cv())
    .addOption(flags.queries('of a repetition').default(20_000))
    .addOption(flags.repeats().default(5))
    .addOption(flags.seed())
    .addOption(flags.log())
    .addOption(flags.threads())
    .addOption(flags.kernel())
    .addOption(flags.format('table', 'json', 'csv'))
    .addOption(flags.out())
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addOption(flags.noColor())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, command: Command) => {
      await applyConfig(command)
      await inWordsOfFlags(command, () => capacity(command.opts(), effectiveConfig(command)))
    })
}

async function capacity(given: CapacityFlags, config: string): Promise<void> {
  const [
    { checkPolicies },
    { readConfiguration },
    { allowableThroughput },
    { capacityText },
    { shortReplays },
    { excessShare },
  ] = await Promise.all([
    import('../input/policies.ts'),
    import('../input/configuration.ts'),
    import('../../replay/allowable-throughput.ts'),
    import('../../report/capacity.ts'),
    import('../../report/short-replays.ts'),
    import('../../replay/drain.ts'),
  ])
  const { service, queries, repeats, seed, arrivals, cv, threads, kernel } = given
  const policies = checkPolicies(given.policy)
  const configuration = await readConfiguration(given)
  const { workload, types, counts } = configuration
  const log =
    given.log === undefined
      ? undefined
      : await (await import('../../files/logs/trial-log.ts')).openTrialLog(given.log)
  const signal = interruptSignal()
  const started = performance.now()
  const progress = startProgress('searching', 'repetitions', given.quiet)
  const found = []
  try {
    for (const policy of policies) {
      const before = found.length * repeats
      const options = { service, queries, repeats, seed, arrivals, cv, threads, kernel, signal, log }
      const onProgress = (done: number) => progress.update(before + done, policies.length * repeats)
      found.push(await allowableThroughput({ ...configuration, ...options, policy, onProgress }))
    }
  } finally {
    progress.stop()
    log?.close()
  }
  const bound = await fluidBound(configuration, given)
  const { rates: against } = found[found.length - 1]
  const results = await Promise.all(
    found.map(async ({ mean, halfWidth, rates, refused, replays }, i) => ({
      policy: policies[i],
      ...{ mean, halfWidth, shareOfBound: bound > 0 ? mean / bound : 0 },
      ratio: await ratioOf(rates, against),
      ...{ rates, refused, replays },
    })),
  )
  const { model, qosMs, percentile } = workload
  const question = { model, qosMs, percentile, types, counts, service, arrivals, queries, repeats, seed }
  const text = await capacityText({ ...question, bound, results }, given.format, wantsColor(given.color))
  if (given.out !== undefined) await save(given.out, given, text, config)
  await show([text])
  const replays = results.reduce((sum, row) => sum + row.replays, 0)
  tell(given.quiet, `${replays} replays in ${Math.round(performance.now() - started)} ms`)
  const rate = Math.max(...results.map(({ mean }) => mean))
  const short = shortReplays({ queries, qosMs }, rate, excessShare(queries, rate, qosMs))
  if (short) tell(given.quiet, short)
  if (results.some(({ mean }) => mean > 0)) return
  process.exitCode = 3
  const why =
    bound > 0
      ? 'replays miss the target at any rate, although the bound does not: try another policy'
      : 'whichever machine serves a query, too many are late: see kairos allocate --explain'
  process.stderr.write(`kairos: nothing is feasible: ${why}\n`)
}

/**
 * The fluid bound; where service times are means, with means that are in time or not. To six decimals, so that
 * it is the same by either kernel.
 */
async function fluidBound(
  { workload, types, counts }: { workload: Workload; types: readonly string[]; counts: readonly number[] },
  { service, kernel }: CapacityFlags,
): Promise<number> {
  const [{ fluidProgram }, { loadKernel }] = await Promise.all([
    import('../../bound/fluid.ts'),
    import('../../kernel/load.ts'),
  ])
  const program = fluidProgram(workload, types, service)
  const { bound } = loadKernel(kernel).fluidRouting({ program, counts: Float64Array.from(counts) })
  return Math.round(bound * 1e6) / 1e6
}

/** Repetitions are on the same luck: they are compared one by one. */
async function ratioOf(rates: readonly number[], against: readonly number[]): Promise<Estimate | null> {
  const { estimate } = await import('../../replay/interval.ts')
  return against.includes(0) ? null : estimate(rates.map((rate, k) => rate / against[k]))
}

const SAVED = { table: 'capacity.txt', json: 'capacity.json', csv: 'capacity.csv' }

async function save(folder: string, given: CapacityFlags, text: string, config: string): Promise<void> {
  const { writeTogether } = await import('../../files/io/write.ts')
  const files = [
    { path: join(folder, SAVED[given.format]), chunks: text },
    { path: join(folder, 'config.json'), chunks: config },
  ]
  await writeTogether(files)
  tell(given.quiet, `saved ${files.map(({ path }) => path).join(' and ')}`)
}
