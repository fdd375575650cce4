import { Argument, Command, Option } from 'commander'
import { DROPS, type Drop } from '../../files/traces/admission.ts'
import { TIME_UNITS, type TimeUnit } from '../../files/traces/formats/format.ts'
import { TRACE_FORMATS, TRACE_READERS, type TraceFormat } from '../../files/traces/formats/registry.ts'
import { KairosError } from '../../model/errors.ts'
import { applyConfig, inWordsOfFlags } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { readNamedWorkload } from '../input/question.ts'
import { parseWindow, type Window } from '../input/window.ts'
import { interruptSignal, startProgress, tell } from '../output/terminal.ts'
import { type MixFlags, readNamedMix } from './mix.ts'

const EXAMPLES = `
Formats:
${TRACE_FORMATS.map(formatLine).join('\n')}
  Without --size, the first one is used. --size mix draws the sizes from the mix of a workload.

Examples:
  kairos trace convert azure-llm AzureLLMInferenceTrace_conv.csv --size context --out trace.csv
  kairos trace convert burstgpt BurstGPT_1.csv --model rm2 --drop zero --clamp-to 1000 --out trace.csv
                                                     sizes that the latency table of rm2 serves
  kairos trace convert azure-functions invocations.csv --window 1h..2h --rate 95 --size mix --model rm2
                                                     the arrivals of an hour at 95 a second, sizes of rm2
  kairos trace convert csv log.csv --map arrival=when,size=items --unit s > trace.csv
  kairos trace convert kairos trace.csv --window ..10min --speed 2 --out faster.csv`

function formatLine(format: TraceFormat): string {
  const { columns, sizes } = TRACE_READERS[format]
  const flag = sizes.length === 0 ? '' : `--size ${sizes.join(', ')}`
  return `  ${format.padEnd(16)} ${columns.padEnd(50)} ${flag}`.trimEnd()
}

/** The word for sizes that are drawn. */
const DRAWN = 'mix'

interface ConvertFlags extends MixFlags {
  size?: string
  map?: string
  unit?: TimeUnit
  delimiter?: string
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

export function convertCommand(): Command {
  const batchSize = flags.positive('a batch size > 0')
  return new Command('convert')
    .description('convert a trace of another format to a trace of kairos')
    .addArgument(new Argument('<format>', 'the format of the trace').choices(TRACE_FORMATS))
    .argument('<file>', 'the trace')
    .addOption(new Option('--size <what>', 'what becomes the batch size'))
    .addOption(new Option('--map <columns>', 'of csv: arrival=<column>,size=<column>'))
    .addOption(
      new Option('--unit <unit>', 'of csv: what arrivals are in (default: "ms")').choices(TIME_UNITS),
    )
    .addOption(new Option('--delimiter <character>', 'of csv: what separates cells (default: ",")'))
    .addOption(
      new Option('--window <from..to>', 'only what arrives then: ms, or 90s..5min, 1h.., ..1d').argParser(
        parseWindow,
      ),
    )
    .addOption(
      new Option('--speed <factor>', 'so many times as fast').argParser(flags.positive('a factor > 0')),
    )
    .addOption(flags.rate('on a clock that makes it so many queries per second'))
    .addOption(new Option('--clamp-to <size>', 'larger batch sizes become this one').argParser(batchSize))
    .addOption(
      new Option(
        '--drop <which>',
        'leave out rows with a size of 0, or beyond the largest (zero,beyond)',
      ).argParser(flags.listOf(DROPS)),
    )
    .addOption(
      new Option(
        '--max-batch-size <size>',
        'the largest that is allowed, instead of the workload’s',
      ).argParser(batchSize),
    )
    .addOption(flags.workload())
    .addOption(flags.model())
    .addOption(flags.mix())
    .addOption(flags.seed())
    .addOption(flags.outFile())
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addHelpText('after', EXAMPLES)
    .action(async (format: TraceFormat, path: string, _flags, command: Command) => {
      await applyConfig(command)
      await inWordsOfFlags(command, () => convert(format, path, command.opts()))
    })
}

async function convert(format: TraceFormat, path: string, given: ConvertFlags): Promise<void> {
  const { map, unit, delimiter, window, speed, rate, clampTo, drop } = given
  const [{ convertTrace }, { parseColumnMap }, { conversionText }, { putTrace }] = await Promise.all([
    import('../../files/traces/convert-trace.ts'),
    import('../../files/traces/formats/csv.ts'),
    import('../../report/conversion.ts'),
    import('../output/trace-output.ts'),
  ])
  const columns = map === undefined ? undefined : parseColumnMap(map)
  const { size, sizes, maxBatchSize } = await readSizes(given)
  const signal = interruptSignal()
  const progress = startProgress('reading', 'bytes', given.quiet)
  try {
    const { trace, report } = await convertTrace({
      ...{ format, path, size, sizes, unit, speed, rate, clampTo, drop, maxBatchSize, signal },
      ...window,
      map: columns,
      delimiter: delimiter === 'tab' ? '\t' : delimiter,
      onProgress: progress.update,
    })
    progress.stop()
    tell(given.quiet, conversionText(report, { clampTo, maxBatchSize }))
    await putTrace(trace, given, signal)
  } finally {
    progress.stop()
  }
}

/** What the batch sizes are: those of the file, within the table of a workload, or drawn from a mix. */
async function readSizes(given: ConvertFlags) {
  const { size, maxBatchSize, mix, seed } = given
  if (size === DRAWN || mix !== undefined) {
    if (size !== undefined && size !== DRAWN) {
      throw new KairosError('BAD_USAGE', `--mix draws the sizes, and --size is ${size}`, {}, 'leave one out')
    }
    return { sizes: { mix: await readNamedMix(given), seed } }
  }
  if (maxBatchSize !== undefined || (given.workload === undefined && given.model === undefined)) {
    return { size, maxBatchSize }
  }
  const { latency } = await readNamedWorkload(given)
  return { size, maxBatchSize: latency.batchSizes[latency.batchSizes.length - 1] }
}
