import { Command, Option } from 'commander'
import { LATENCY_FORMATS } from '../../files/tables/imports/formats.ts'
import type { ImportSource } from '../../files/tables/imports/import-latencies.ts'
import { KairosError } from '../../model/errors.ts'
import * as flags from '../input/flags.ts'
import { interruptSignal, show, startProgress, tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos import perf-analyzer 1=b1.csv 8=b8.csv --type g5.xlarge --out latency.csv
                                                two runs of perf_analyzer, of batch sizes 1 and 8
  kairos import log requests.csv --type c7i.2xlarge
                                                a log of batch,latency_ms, to stdout
  kairos import hpdc23 measurements.tar.gz --out data/latency
                                                the measurements of the published artifact

--out adds to a table that exists: other types and batch sizes stay. Latencies are to be measured with one request
at a time; --concurrency N takes others, which include waiting.`

interface LatencyFlags {
  readonly type: string
  readonly batchSize?: number
  readonly concurrency: number
  readonly name?: string
  readonly out?: string
  readonly quiet?: boolean
}

export function importCommand(): Command {
  const command = new Command('import')
    .description('make latency tables from the files of other tools')
    .addHelpText('after', EXAMPLES)
    .action(() => {
      throw new KairosError('BAD_USAGE', 'what to import is missing', {}, 'try: kairos import --help')
    })
  for (const format of LATENCY_FORMATS) command.addCommand(latencyCommand(format))
  return command.addCommand(hpdc23Command())
}

function latencyCommand({ name, meaning, load }: (typeof LATENCY_FORMATS)[number]): Command {
  return new Command(name)
    .description(`a latency table from ${meaning}`)
    .argument('<files...>', 'files, each as FILE or BATCH_SIZE=FILE')
    .addOption(new Option('--type <name>', 'the instance type that was measured').makeOptionMandatory())
    .addOption(
      new Option('--batch-size <items>', 'items of a batch, where the file does not say it').argParser(
        flags.wholeNumber(1, 1e9),
      ),
    )
    .addOption(
      new Option('--concurrency <count>', 'requests in flight while it was measured')
        .default(1)
        .argParser(flags.wholeNumber(1, 1e6)),
    )
    .addOption(new Option('--name <name>', 'which requests, where a file has several'))
    .addOption(new Option('--out <file>', 'the table to write or to add to, instead of stdout'))
    .addOption(flags.quiet())
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], given: LatencyFlags) => {
      const [{ importLatencies }, { readLatencies: read }] = await Promise.all([
        import('../../files/tables/imports/import-latencies.ts'),
        load(),
      ])
      const { type, concurrency, name: request, out, quiet } = given
      const sources = files.map((text) => sourceOf(text, given.batchSize))
      const { text, bins, notes } = await importLatencies({
        read,
        sources,
        type,
        concurrency,
        name: request,
        out,
      })
      for (const note of notes) tell(quiet, note)
      if (out === undefined) await show([text])
      else tell(quiet, `wrote ${bins} batch sizes of ${type} to ${out}`)
    })
}

function sourceOf(text: string, batchSize: number | undefined): ImportSource {
  const found = /^(\d+)=(.+)$/.exec(text)
  return found ? { batchSize: Number(found[1]), file: found[2] } : { batchSize, file: text }
}

function hpdc23Command(): Command {
  return new Command('hpdc23')
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
}
