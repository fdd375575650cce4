import type { Command } from 'commander'
import { refuseUsage } from '../../model/errors.ts'
import { generateTrace } from '../../model/trace/generate-trace.ts'
import type { ArrivalProcess } from '../../model/workload/arrivals.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { type MixFlags, readNamedMix } from '../input/mix.ts'
import { interruptSignal } from '../output/signals.ts'
import { putTrace } from '../output/trace-output.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm trace generate --rate 50 --out trace.csv          20,000 Poisson arrivals with the sizes of rm2
  kairos-wasm trace generate --rate 95.24 --arrivals integer-gaps --seed 7 > trace.csv
                                                                as the published scripts generate them
  kairos-wasm trace generate --rate 50 --arrivals gamma --cv 3  arrivals in bursts
  kairos-wasm trace generate --rate 50 -w workload.yaml         sizes from the mix of your own workload
  kairos-wasm trace generate --rate 50 --mix sizes.csv          or from a mix of batch_size,probability

The first query arrives after the first gap. A seed has the same sizes at every rate and for every process.`

interface GenerateFlags extends MixFlags {
  rate?: number
  queries: number
  arrivals: ArrivalProcess
  cv?: number
  seed: number
  out?: string
  quiet?: boolean
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.rate(),
    flags.queries('number of queries').default(20_000),
    flags.arrivals().default('poisson'),
    flags.cv(),
    flags.seed(),
    flags.workload(),
    flags.model(),
    flags.mix(),
    flags.outFile(),
    flags.config(),
    flags.quiet(),
  )
  runWith(command, generate)
}

async function generate(given: GenerateFlags): Promise<void> {
  const { rate, queries, arrivals, cv, seed } = given
  if (rate === undefined) {
    refuseUsage('rate', 'is missing', 'give the number of queries per second')
  }
  const mix = await readNamedMix(given)
  const trace = generateTrace({ arrivals, cv, rate, queries, seed, mix })
  // from here on: the generator blocks the process, and without a handler Ctrl-C ends it at once
  await putTrace(trace, given, interruptSignal())
}
