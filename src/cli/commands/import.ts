import { Command, Option } from 'commander'
import { KairosError } from '../../model/errors.ts'
import * as flags from '../input/flags.ts'
import { interruptSignal, startProgress, tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos import hpdc23 measurements.tar.gz --out data/latency
  kairos import hpdc23 artifact/data --out tables`

export function importCommand(): Command {
  const hpdc23 = new Command('hpdc23')
    .description('latency tables from the measurements of the HPDC’23 Kairos artifact')
    .argument('<source>', 'the folder of the measurements, or its .tar.gz')
    .addOption(new Option('--out <dir>', 'where the tables go').makeOptionMandatory())
    .addOption(flags.quiet())
    .addHelpText('after', EXAMPLES)
    .action(async (source: string, given: { out: string; quiet?: boolean }) => {
      const { importHpdc23 } = await import('../../files/tables/hpdc23/import.ts')
      const progress = startProgress('reading', 'bytes', given.quiet)
      try {
        const written = await importHpdc23(source, given.out, {
          signal: interruptSignal(),
          onProgress: progress.update,
        })
        progress.stop()
        for (const { path, types, bins } of written)
          tell(given.quiet, `wrote ${path}: ${types} types, ${bins} bins`)
      } finally {
        progress.stop()
      }
    })
  return new Command('import')
    .description('make the tables of this project from other people’s data')
    .addCommand(hpdc23)
    .addHelpText('after', EXAMPLES)
    .action(() => {
      throw new KairosError('BAD_USAGE', 'what to import is missing', {}, 'try: kairos import hpdc23 --help')
    })
}
