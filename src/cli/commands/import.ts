import { type Command, Option } from 'commander'
import { parseColumnMap } from '../../files/io/column-map.ts'
import { TIME_UNITS, type TimeUnit } from '../../files/io/units.ts'
import { importHpdc23 } from '../../files/tables/hpdc23/import.ts'
import { LATENCY_FORMATS } from '../../files/tables/imports/formats.ts'
import { type ImportSource, importLatencies } from '../../files/tables/imports/import-latencies.ts'
import { counted } from '../../model/counted.ts'
import { refuseUsage } from '../../model/errors.ts'
import { inWordsOfFlags } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { requireFormat } from '../input/named-format.ts'
import { wholeNumber, wholeNumbers } from '../input/parse.ts'
import { type RowFlags, rowFlags, rowOptions } from '../input/row-flags.ts'
import { helpText } from '../output/help-text.ts'
import { withReading } from '../output/progress.ts'
import { interruptible, interruptSignal } from '../output/signals.ts'
import { show, tell } from '../output/terminal.ts'

const CALLS = `  kairos-wasm import perf-analyzer 1=b1.csv 8=b8.csv --type g5.xlarge --out latency.csv
                                                two runs of perf_analyzer, of batch sizes 1 and 8
  kairos-wasm import log monday.csv tuesday.csv --type c7i.2xlarge
                                                logs of batch,latency_ms, joined, to stdout
  kairos-wasm import log log.csv --type gpu --map latency=took,size=items --unit s --where status=200 --bins 10,100
                                                other columns, only some rows, sizes rounded up
  kairos-wasm import log log.csv --map latency=took_ms,size=items,type=instance_type --unit ms --bins 10,100
                                                several instance types, which a column names
  kairos-wasm import log 8=hey.csv --type gpu --map latency=response-time --unit s --where status-code=200
                                                requests of batch size 8 by hey -o csv
  kairos-wasm import log 1=nginx.csv --type gpu --header ts,uri,status,took --map latency=took --unit s --where uri~/v1/
                                                an access log without a header line
  kairos-wasm import jsonl log.jsonl --type gpu --map latency=ms,size=request.items --unit ms
                                                lines of JSON
  kairos-wasm import jsonl spans.jsonl --type gpu --batch-size 1 --map latency=endTimeUnixNano-startTimeUnixNano --unit ns
                                                the difference of two fields
  kairos-wasm import k6 8=k6.csv --type g5.xlarge --out latency.csv --common-columns
                                                beside rows of another tool, with other quantiles
  kairos-wasm import hpdc23 measurements.tar.gz --out data/latency
                                                the measurements of the published artifact`

const NOTES = `--out adds to an existing table: other types and batch sizes are kept, and columns that the table does not have are
left out. Tools with different quantiles share a table by --common-columns.

Latencies should be measured with one request at a time, or with as many as the server has slots: --concurrency N. The
table says at which concurrency it was taken.`

export const EXAMPLES = `Examples:\n${CALLS}\n\n${NOTES}`

/** The examples of one format. */
function examplesOf(format: string): string {
  const own = CALLS.split(/\n(?= {2}kairos-wasm)/).filter((example) => example.includes(` import ${format} `))
  if (own.length > 0) return `Examples:\n${own.join('\n')}`
  return `Examples:
  kairos-wasm import ${format} 1=FILE 8=FILE --type g5.xlarge --out latency.csv
                                                two runs, of batch sizes 1 and 8`
}

interface LatencyFlags extends RowFlags {
  readonly type?: string
  readonly batchSize?: number
  readonly concurrency?: number
  readonly name?: string
  readonly map?: string
  readonly unit?: TimeUnit
  readonly bins?: number[]
  readonly out?: string
  readonly commonColumns?: boolean
  readonly quiet?: boolean
}

export function define(command: Command): void {
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
    .addHelpText('after', helpText(examplesOf('hpdc23')))
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
      new Option('--type <name>', 'the instance type that was measured').makeOptionMandatory(
        !format.isMapped,
      ),
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
      format.isMapped ? logFlags(format) : [],
      new Option('--out <file>', 'the table to write or to add to, instead of stdout'),
      new Option(
        '--common-columns',
        'with --out: remove columns from the table that the imported rows do not have (default: such rows are refused)',
      ),
      flags.quiet(),
    )
    .addHelpText('after', helpText(`${examplesOf(format.name)}\n\n${NOTES}`))
    .action((files: string[], given: LatencyFlags) =>
      inWordsOfFlags(command, () => importTable(format, files, given)),
    )
}

/** Flags of logs of single requests; `--map`, `--unit` and `--where` are those of `trace convert`. */
const logFlags = ({ takesDelimiter = false }: LatencyFormat) => [
  new Option(
    '--map <columns>',
    'the columns: latency=<column>,size=<column>,type=<column>, or latency=<end>-<start> for a difference; leave the size out where --batch-size is given, and the type where --type is',
  ),
  new Option(
    '--unit <unit>',
    'the unit of the latencies of --map; iso: they are differences of two dates in ISO 8601',
  ).choices(TIME_UNITS),
  ...rowFlags(takesDelimiter),
  new Option(
    '--bins <sizes>',
    'round each batch size up to one of these, as 10,100,1000: a latency table has one row for each',
  ).argParser(wholeNumbers(1, 1e9)),
]

async function importTable(
  { load }: LatencyFormat,
  files: readonly string[],
  given: LatencyFlags,
): Promise<void> {
  const { type, concurrency, name, out, commonColumns, quiet } = given
  const { readLatencies: read } = await load()
  const sources = files.map((text) => sourceOf(text, given.batchSize))
  if (given.batchSize !== undefined && files.every((text) => BATCH_FILE.test(text))) {
    const problem = 'is given, and each file has one of its own'
    refuseUsage('--batch-size', problem, 'leave it out')
  }
  if (commonColumns && out === undefined) {
    const problem = 'is given without --out'
    refuseUsage('--common-columns', problem, 'name the table with --out')
  }
  const log = {
    ...rowOptions(given),
    map: given.map === undefined ? undefined : parseColumnMap(given.map, 'latency', ['size', 'type']),
    unit: given.unit,
    bins: given.bins?.sort((a, b) => a - b),
  }
  const options = { read, sources, type, concurrency, name, log, out, commonColumns }
  const { text, rows, types, notes } = await withReading(quiet, ({ onProgress }) =>
    interruptible((signal) => importLatencies({ ...options, signal, onProgress })),
  )
  for (const note of notes) tell(quiet, note)
  if (out === undefined) await show([text])
  else if (types.length > 1) {
    tell(quiet, `wrote ${counted(rows, 'row')} of ${counted(types.length, 'type')} to ${out}`)
  } else tell(quiet, `wrote ${counted(rows, 'batch size')} of ${types[0]} to ${out}`)
}

const BATCH_FILE = /^(\d+)=(.+)$/

function sourceOf(text: string, batchSize: number | undefined): ImportSource {
  const found = BATCH_FILE.exec(text)
  return found ? { batchSize: Number(found[1]), file: found[2] } : { batchSize, file: text }
}

async function importArtifact(source: string, given: { out: string; quiet?: boolean }): Promise<void> {
  const signal = interruptSignal()
  const written = await withReading(given.quiet, ({ onProgress }) =>
    importHpdc23(source, given.out, { signal, onProgress }),
  )
  for (const { path, types, bins } of written) {
    tell(given.quiet, `wrote ${path}: ${counted(types, 'type')}, ${counted(bins, 'bin')}`)
  }
}
