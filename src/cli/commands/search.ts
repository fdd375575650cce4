import { Command } from 'commander'
import { applyConfig, effectiveConfig, inWordsOfFlags } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { fillVerification, verificationOptions } from '../input/verification.ts'
import type { SearchFlags } from './run-search.ts'

const EXAMPLES = `
Examples:
  kairos search                                   the best configuration for rm2 and $2.50 an hour, measured
  kairos search --model dien --top-n 5            the five best of another model
  kairos search --model mtwnd --target-qps 800    the cheapest that measures up to 800 queries a second
  kairos search --policy kairos --arrivals gamma --cv 2
                                                  under another policy, when queries come in bursts
  kairos search -w mine.yaml -s fleet.yaml --log trials.ndjson
                                                  your own workload and machines; ended, it goes on from there
  kairos search --svg proof.svg                   a picture of the proof
  kairos search -s large.json --time-limit 60     the best that is found in a minute, and what may be left
  kairos search --exhaustive                      every feasible configuration in full, to check it: minutes

Configurations are measured by replay in descending order of their fluid bound, until no bound that is left,
within the interval, exceeds what the best allows. "kairos allocate --verify" is the same.`

export function searchCommand(): Command {
  const command = new Command('search')
    .description('the best configuration that a budget allows, measured by replay and proven')
    .addOption(flags.workload())
    .addOption(flags.model())
    .addOption(flags.space())
    .addOption(flags.budget())
    .addOption(flags.qosMs())
    .addOption(flags.percentile())
    .addOption(flags.targetQps())
    .addOption(flags.topN().default(1))
    .addOption(flags.timeLimit())
  for (const option of verificationOptions()) command.addOption(option)
  return command
    .addOption(flags.threads())
    .addOption(flags.kernel())
    .addOption(flags.format('table', 'json', 'csv'))
    .addOption(flags.svg())
    .addOption(flags.out())
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addOption(flags.noColor())
    .addHelpText('after', EXAMPLES)
    .action(async (_flags, self: Command) => {
      await applyConfig(self)
      fillVerification(self)
      const { runSearch } = await import('./run-search.ts')
      await inWordsOfFlags(self, () => runSearch(self.opts<SearchFlags>(), effectiveConfig(self)))
    })
}
