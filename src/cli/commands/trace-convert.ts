import { Argument, type Command, Option } from 'commander'
import { parseColumnMap } from '../../files/io/column-map.ts'
import { TIME_UNITS, type TimeUnit } from '../../files/io/units.ts'
import { DROPS, type Drop } from '../../files/traces/admission.ts'
import { convertTrace } from '../../files/traces/convert-trace.ts'
import { TRACE_FORMATS, TRACE_READERS, type TraceFormat } from '../../files/traces/formats/registry.ts'
import { KairosError, refuseUsage } from '../../model/errors.ts'
import { largestBin } from '../../model/workload/latency-table.ts'
import { conversionText } from '../../report/trace/conversion.ts'
import { runWith } from '../input/config.ts'
import type { FlagRule } from '../input/flag-rules.ts'
import * as flags from '../input/flags.ts'
import { type MixFlags, readNamedMix } from '../input/mix.ts'
import { listOf, positive } from '../input/parse.ts'
import { readNamedWorkload } from '../input/question.ts'
import { type RowFlags, rowFlags, rowOptions } from '../input/row-flags.ts'
import { parseWindow, type Window } from '../input/window.ts'
import { withReading } from '../output/progress.ts'
import { interruptSignal } from '../output/signals.ts'
import { tell } from '../output/terminal.ts'
import { putTrace } from '../output/trace-output.ts'

export const EXAMPLES = `
Formats:
${TRACE_FORMATS.map(formatLine).join('\n')}
  Without --size, the first one is used. --size mix draws the sizes from the mix of a workload.

Examples:
  kairos-wasm trace convert azure-llm AzureLLMInferenceTrace_conv.csv --size context --out trace.csv
  kairos-wasm trace convert burstgpt BurstGPT_1.csv --model rm2 --drop zero --clamp-to 1000 --out trace.csv
                                                     sizes that the latency table of rm2 serves
  kairos-wasm trace convert azure-functions invocations.csv --window 1h..2h --rate 95 --size mix --model rm2
                                                     the arrivals of an hour at 95 a second, sizes of rm2
  kairos-wasm trace convert csv log.csv --map arrival=when,size=items --unit s > trace.csv
  kairos-wasm trace convert jsonl log.jsonl --map arrival=ts,size=n --unit iso --window 2026-11-18T09:30Z..
                                                     dates with times; the clock then starts at 09:30
  kairos-wasm trace convert csv log.csv --map arrival=when,size=items --unit s --where status=200 --where "items<=500" > trace.csv
                                                     only rows for which all conditions hold
  zcat -f access.log* | kairos-wasm trace convert csv /dev/stdin --header ts,items --map arrival=ts,size=items --unit iso --out week.csv
                                                     the logs of several days, packed or not, in any order
  kairos-wasm trace convert kairos trace.csv --window ..10min --speed 2 --out faster.csv`

function formatLine(format: TraceFormat): string {
  const { columns, sizes } = TRACE_READERS[format]
  const flag = sizes.length === 0 ? '' : `--size ${sizes.join(', ')}`
  return `  ${format.padEnd(16)} ${columns.padEnd(50)} ${flag}`.trimEnd()
}

/** The value of `--size` for sizes that are drawn from a mix. */
const DRAWN = 'mix'

const IS_DRAWN = [`--size ${DRAWN}`, '--mix']

const RULES: readonly FlagRule[] = [
  { flags: ['--seed'], unless: IS_DRAWN, problem: '--seed draws sizes from a mix' },
  { flags: ['--workload', '--model'], beside: ['--max-batch-size'], unless: IS_DRAWN },
]

interface ConvertFlags extends MixFlags, RowFlags {
  size?: string
  map?: string
  unit?: TimeUnit
  window?: Window
  speed?: number
  rate?: number
  maxBatchSize?: number
  clampTo?: number
  drop?: Drop[]
  seed: number
  out?: string
  quiet?: boolean
}

export function define(command: Command): void {
  const batchSize = positive('a batch size > 0')
  flags.addFlags(
    command
      .addArgument(new Argument('<format>', 'the format of the trace').choices(TRACE_FORMATS))
      .argument('<file>', 'the trace; several files through a pipe, as /dev/stdin')
      .allowExcessArguments()
      .hook('preAction', refuseSeveral),
    new Option('--size <what>', 'what becomes the batch size'),
    new Option('--map <columns>', 'for csv and jsonl: arrival=<column>,size=<column>'),
    new Option('--unit <unit>', 'for csv and jsonl: the unit of arrivals (default: "ms")').choices(
      TIME_UNITS,
    ),
    rowFlags(),
    new Option(
      '--window <from..to>',
      'only arrivals in this window: ms, or 90s..5min, 1h.., ..1d, 2026-11-18T09:30:00Z..',
    ).argParser(parseWindow),
    new Option('--speed <factor>', 'run the trace this many times as fast').argParser(
      positive('a factor > 0'),
    ),
    flags.rate('scale the trace to this many queries per second'),
    new Option('--clamp-to <size>', 'lower larger batch sizes to this one').argParser(batchSize),
    new Option(
      '--drop <which>',
      'drop rows with an empty size, a size of 0, or one beyond the largest (empty,zero,beyond)',
    ).argParser(listOf(DROPS)),
    new Option(
      '--max-batch-size <size>',
      'the largest batch size, instead of the largest of the workload',
    ).argParser(batchSize),
    flags.workload(),
    flags.model(),
    flags.mix(),
    flags.seed(),
    flags.outFile(),
    flags.config(),
    flags.quiet(),
  )
  runWith(command, convert, { rules: RULES })
}

function refuseSeveral({ args: [format, ...files] }: Command): void {
  if (files.length < 2) return
  const cure = `give several through a pipe: zcat -f FILES | kairos-wasm trace convert ${format} /dev/stdin`
  refuseUsage('file', `${files.length} files are given`, cure)
}

async function convert(given: ConvertFlags, _config: string, args: readonly unknown[]): Promise<void> {
  const [format, path] = args as [TraceFormat, string]
  const { map, unit, window, speed, rate, clampTo, drop } = given
  const columns = map === undefined ? undefined : parseColumnMap(map, 'arrival', ['size'])
  const { size, sizes, maxBatchSize } = await readSizes(given)
  const signal = interruptSignal()
  const asked = {
    ...{ format, path, size, sizes, unit, speed, rate, clampTo, drop, maxBatchSize, signal },
    ...window,
    ...rowOptions(given),
    map: columns,
  }
  const { trace, report } = await withReading(given.quiet, ({ onProgress }) =>
    convertTrace({ ...asked, onProgress }),
  )
  tell(given.quiet, conversionText(report, { clampTo, maxBatchSize }))
  await putTrace(trace, given, signal)
}

/** The source of batch sizes: a column of the file within the table of a workload, or a mix. */
async function readSizes(given: ConvertFlags) {
  const { size, maxBatchSize, mix, seed } = given
  if (size === DRAWN || mix !== undefined) {
    if (size !== undefined && size !== DRAWN) {
      throw new KairosError('BAD_USAGE', `--mix draws the sizes, and --size is ${size}`, {}, 'leave one out')
    }
    return { sizes: { mix: await readNamedMix(given), seed }, maxBatchSize }
  }
  // beside --max-batch-size neither is given
  if (given.workload === undefined && given.model === undefined) return { size, maxBatchSize }
  const { latency } = await readNamedWorkload(given)
  return { size, maxBatchSize: largestBin(latency) }
}
