import { type Command, Option } from 'commander'
import { importHpdc23 } from '../../files/tables/hpdc23/import.ts'
import { LATENCY_FORMATS } from '../../files/tables/imports/formats.ts'
import { type ImportSource, importLatencies } from '../../files/tables/imports/import-latencies.ts'
import { KairosError } from '../../model/errors.ts'
import { formatCounted } from '../../report/numbers.ts'
import * as flags from '../input/flags.ts'
import { requireFormat } from '../input/named-format.ts'
import { wholeNumber } from '../input/parse.ts'
import { helpText } from '../output/help-text.ts'
import { startProgress } from '../output/progress.ts'
import { interruptible, interruptSignal } from '../output/signals.ts'
import { show, tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos-wasm import perf-analyzer 1=b1.csv 8=b8.csv --type g5.xlarge --out latency.csv
                                                two runs of perf_analyzer, of batch sizes 1 and 8
  kairos-wasm import log requests.csv --type c7i.2xlarge
                                                a log of batch,latency_ms, to stdout
  kairos-wasm import hpdc23 measurements.tar.gz --out data/latency
                                                the measurements of the published artifact

--out adds to an existing table: other types and batch sizes are kept, and columns that the table does not have are left
out.

Latencies should be measured with one request at a time, or with as many as the server has slots: --concurrency N. The
table says at which concurrency it was taken.`

interface LatencyFlags {
  readonly type: string
  readonly batchSize?: number
  readonly concurrency?: number
  readonly name?: string
  readonly out?: string
  readonly quiet?: boolean
}

export function define(command: Command): void {
  command.addHelpText('after', helpText(EXAMPLES))
  for (const format of LATENCY_FORMATS) defineLatencies(command.command(format.name), format)
  const hpdc23 = command
    .command('hpdc23')
    .description('import latency tables from the measurements of the HPDC’23 Kairos artifact')
    .argument('<source>', 'the folder of the measurements, or its .tar.gz')
  flags
    .addFlags(
      hpdc23,
      new Option('--out <dir>', 'the folder to write the tables to').makeOptionMandatory(),
      flags.quiet(),
    )
    .addHelpText('after', helpText(EXAMPLES))
    .action(importArtifact)
  requireFormat(command, 'no source is named')
}

type LatencyFormat = (typeof LATENCY_FORMATS)[number]

function defineLatencies(command: Command, format: LatencyFormat): void {
  flags
    .addFlags(
      command
        .description(`import a latency table from ${format.meaning}`)
        .argument('<files...>', 'files, each as FILE or BATCH_SIZE=FILE'),
      new Option('--type <name>', 'the instance type that was measured').makeOptionMandatory(),
      new Option('--batch-size <items>', 'items of a batch, if the file does not say it').argParser(
        wholeNumber(1, 1e9),
      ),
      new Option(
        '--concurrency <count>',
        'requests in flight during the measurement (default: 1, as most files say)',
      ).argParser(wholeNumber(1, 1e6)),
      format.hasNames
        ? [new Option('--name <name>', 'the requests to import, if a file has several kinds')]
        : [],
      new Option('--out <file>', 'the table to write or to add to, instead of stdout'),
      flags.quiet(),
    )
    .addHelpText('after', helpText(EXAMPLES))
    .action((files: string[], given: LatencyFlags) => importTable(format, files, given))
}

async function importTable(
  { load }: LatencyFormat,
  files: readonly string[],
  given: LatencyFlags,
): Promise<void> {
  const { type, concurrency, name, out, quiet } = given
  const { readLatencies: read } = await load()
  const sources = files.map((text) => sourceOf(text, given.batchSize))
  if (given.batchSize !== undefined && files.every((text) => BATCH_FILE.test(text))) {
    const problem = 'is given, and each file has one of its own'
    throw new KairosError('BAD_USAGE', problem, { field: '--batch-size' }, 'leave it out')
  }
  const progress = startProgress('reading', 'bytes', quiet)
  const options = { read, sources, type, concurrency, name, out, onProgress: progress.update }
  const { text, bins, notes } = await interruptible((signal) =>
    importLatencies({ ...options, signal }),
  ).finally(progress.stop)
  for (const note of notes) tell(quiet, note)
  if (out === undefined) await show([text])
  else tell(quiet, `wrote ${formatCounted(bins, 'batch size')} of ${type} to ${out}`)
}

const BATCH_FILE = /^(\d+)=(.+)$/

function sourceOf(text: string, batchSize: number | undefined): ImportSource {
  const found = BATCH_FILE.exec(text)
  return found ? { batchSize: Number(found[1]), file: found[2] } : { batchSize, file: text }
}

async function importArtifact(source: string, given: { out: string; quiet?: boolean }): Promise<void> {
  const progress = startProgress('reading', 'bytes', given.quiet)
  try {
    const written = await importHpdc23(source, given.out, {
      signal: interruptSignal(),
      onProgress: progress.update,
    })
    progress.stop()
    for (const { path, types, bins } of written) {
      tell(given.quiet, `wrote ${path}: ${formatCounted(types, 'type')}, ${formatCounted(bins, 'bin')}`)
    }
  } finally {
    progress.stop()
  }
}
