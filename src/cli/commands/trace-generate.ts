import { Command } from 'commander'
import type { ArrivalProcess } from '../../model/arrivals.ts'
import { KairosError } from '../../model/errors.ts'
import { applyConfig, inWordsOfFlags } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { interruptSignal } from '../output/terminal.ts'
import { type MixFlags, readNamedMix } from './mix.ts'

const EXAMPLES = `
Examples:
  kairos trace generate --rate 50 --out trace.csv          20,000 Poisson arrivals with the sizes of rm2
  kairos trace generate --rate 95.24 --arrivals integer-gaps --seed 7 > trace.csv
                                                           as the published scripts draw them
  kairos trace generate --rate 50 --arrivals gamma --cv 3  arrivals in bursts
  kairos trace generate --rate 50 -w mine.yaml             sizes from the mix of your own workload
  kairos trace generate --rate 50 --mix sizes.csv          or from a mix of batch_size,probability

The first query arrives after the first gap. Another rate or another process keeps the sizes of a seed.`

interface GenerateFlags extends MixFlags {
  rate?: number
  queries: number
  arrivals: ArrivalProcess
  cv?: number
  seed: number
  out?: string
  quiet?: boolean
}

export function generateCommand(): Command {
  return new Command('generate')
    .description('draw a trace: arrivals from a process, batch sizes from a mix')
    .addOption(flags.rate())
    .addOption(flags.queries('how many').default(20_000))
    .addOption(flags.arrivals().default('poisson'))
    .addOption(flags.cv())
    .addOption(flags.seed())
    .addOption(flags.workload())
    .addOption(flags.model())
    .addOption(flags.mix())
    .addOption(flags.outFile())
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, command: Command) => {
      await applyConfig(command)
      await inWordsOfFlags(command, () => generate(command.opts()))
    })
}

async function generate(given: GenerateFlags): Promise<void> {
  const { rate, queries, arrivals, cv, seed } = given
  if (rate === undefined) {
    throw new KairosError(
      'BAD_USAGE',
      'is missing',
      { field: 'rate' },
      'say how many queries a second arrive',
    )
  }
  const [mix, { generateTrace }, { putTrace }] = await Promise.all([
    readNamedMix(given),
    import('../../model/generate-trace.ts'),
    import('../output/trace-output.ts'),
  ])
  const trace = generateTrace({ arrivals, cv, rate, queries, seed, mix })
  // not before: while the draw runs nothing else does, and Ctrl-C ends it at once
  await putTrace(trace, given, interruptSignal())
}
