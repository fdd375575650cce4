import { type Command, Option } from 'commander'
import { searchConfigurations } from '../../allocate/search/search.ts'
import { policyOf } from '../../dispatch/policies.ts'
import { openTrialLog } from '../../files/logs/trial-log.ts'
import type { KernelName } from '../../kernel/contract.ts'
import { counted } from '../../model/counted.ts'
import { mostInstances, typeNames } from '../../model/fleet/space.ts'
import type { SearchProgress, VerifiedSearch } from '../../model/results/search.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { searchText } from '../../report/allocation/search.ts'
import { formatCount, formatPrice, formatRate } from '../../report/numbers.ts'
import { DEFAULT_ROWS, plainWorkload } from '../../report/page/question.ts'
import { searchPage } from '../../report/page/search-page.ts'
import { configurationText } from '../../report/phrases.ts'
import { searchPlot } from '../../report/plots/search-plot.ts'
import { EMIT_RULES } from '../input/allocate-flags.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { type QuestionFlags, readQuestion } from '../input/question.ts'
import { openAskedQueue } from '../input/queue.ts'
import { fillVerification, type VerificationFlags, verificationOptions } from '../input/verification.ts'
import { elapsedText } from '../output/elapsed.ts'
import {
  EMIT_TARGETS,
  type EmitTarget,
  emitOptions,
  type ManifestFlags,
  manifestsOf,
} from '../output/emit.ts'
import { FAILED } from '../output/exit-status.ts'
import { tellInfeasible } from '../output/infeasible.ts'
import { startStatus } from '../output/progress.ts'
import { tellShort, tellSlow } from '../output/replay-notes.ts'
import { RESULT_FILES } from '../output/result-files.ts'
import { type OutputFlags, saveAndShow, savePicture, saveReport, saveResult } from '../output/save.ts'
import { interruptedStatus, stopSignals } from '../output/signals.ts'
import { lineRoom, tell, wantsColor } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm search                                   the best configuration for rm2 and $2.50 an hour, measured
  kairos-wasm search --model dien --top-n 5            the five best of another model
  kairos-wasm search --model mtwnd --target-qps 800    the cheapest that sustains 800 queries per second
  kairos-wasm search --target-qps 80 --spare 1         the cheapest that sustains 80 q/s after the loss of any instance
  kairos-wasm search --emit skypilot --image bert:1    manifests that start the first row
  kairos-wasm search --policy kairos --arrivals gamma --cv 2
                                                       under another policy, with arrivals in bursts
  kairos-wasm search -w workload.yaml -s space.yaml --log trials.ndjson
                                                       your own workload and machines; a repeated run continues
  kairos-wasm search --repeats 8 --queue redis://10.0.0.5:6379
                                                       on the workers of a queue, eight at a time
  kairos-wasm search --svg proof.svg                   a picture of the proof
  kairos-wasm search -s large.json --time-limit 60     the best within a minute, and the largest remaining bound
  kairos-wasm search --exhaustive                      every feasible configuration in full, to check it: minutes

Configurations are measured by replay in descending order of their fluid bound. The search stops when every
remaining bound is below the best measured rate, with a margin for measurement error. "kairos-wasm allocate --verify" is
the same search.

With a hundred instances and more, a replay cannot tell bounds apart that differ by less than 0.5%. Then only a few candidates
are measured: the best bound, the ends of its plateau, and the best of each set of types.`

export interface SearchFlags extends QuestionFlags, VerificationFlags, OutputFlags, ManifestFlags {
  readonly targetQps?: number
  readonly spare?: number
  readonly topN: number
  readonly timeLimit?: number
  readonly emit?: EmitTarget | undefined
  readonly queue?: string
  readonly threads?: number
  readonly kernel: KernelName
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.question(),
    flags.batching(),
    flags.targetQps(
      'find the cheapest configuration that sustains this many queries per second, and prove it',
    ),
    flags.spare(),
    flags.topN().default(1),
    new Option('--emit <tool>', 'print manifests that start the first row').choices([...EMIT_TARGETS]),
    emitOptions('With --emit:'),
    flags.timeLimit(),
    verificationOptions(),
    flags.queue(),
    flags.threads(),
    flags.kernel(),
    flags.format('table', 'json', 'csv'),
    flags.svg(),
    flags.report(),
    flags.out(),
    flags.common(),
  )
  runWith(command, search, { rules: EMIT_RULES, fill: fillVerification })
}

/** Searches, prints and saves, for `search` and for `allocate --verify`. */
export async function search(given: SearchFlags, config: string): Promise<void> {
  const { policy, service, arrivals, cv, queries, repeats, seed, exhaustive, targetQps, spare, topN } = given
  const { format, quiet, threads, kernel, timeLimit } = given
  const { workload, space } = await readQuestion(given)
  tellSlow(quiet, [policyOf(policy).name], mostInstances(space))
  const log = given.log === undefined ? undefined : await openTrialLog(given.log)
  const jobs = await openAskedQueue(given)
  const { stop, signal } = stopSignals()
  const started = performance.now()
  const status = startStatus(quiet)
  status.show('measuring the first configuration')
  let found: VerifiedSearch
  try {
    found = await searchConfigurations({
      ...{ workload, space, policy, service, arrivals, cv, queries, repeats, seed },
      ...{ exhaustive, targetQps, spare, topN, log, jobs, stop, signal, threads, kernel },
      timeLimitMs: timeLimit === undefined ? undefined : 1000 * timeLimit,
      onProgress: (progress) =>
        status.show(progressLine(progress, typeNames(space), targetQps, performance.now() - started)),
    })
  } finally {
    status.stop()
    log?.close()
    await jobs?.close()
  }
  const [name, text] = await outputOf(found, given, workload)
  await saveAndShow(text, async () => {
    if (found.rows.length > 0) await savePicture(given, () => searchPlot(found))
    await saveReport(given, () => ({
      page: searchPage(found),
      input: {
        ...{ workload: plainWorkload(workload), space, targetQps, spare },
        ...{ topN: DEFAULT_ROWS, counts: found.rows[0]?.counts, live: false },
      },
    }))
    await saveResult(given, name, text, config)
  })
  const reused = log ? `, ${fromLog(log.reused, found.proof.endedEarly)}` : ''
  tell(
    quiet,
    `${counted(found.evaluations.length, 'configuration')} evaluated ${elapsedText(started)}${reused}`,
  )
  const rate = found.rows[0]?.mean ?? 0
  tellShort(quiet, found.queries, rate, workload)
  if (stop.aborted) {
    tell(quiet, 'interrupted: the best so far')
    process.exitCode = interruptedStatus()
  } else if (given.emit && found.byBound) {
    process.stderr.write(
      'kairos-wasm: nothing was measured before the search ended, so there are no manifests\n',
    )
    process.exitCode = FAILED
  } else if (found.infeasible) tellInfeasible(found.infeasible.message, format === 'table' && !given.emit)
}

/** The name of the file and the text: the result, or the manifests of its first row. */
async function outputOf(
  found: VerifiedSearch,
  { emit, format, color, ...images }: SearchFlags,
  workload: Workload,
): Promise<[string, string]> {
  if (emit === undefined) {
    const text = searchText(found, format, wantsColor(color), lineRoom(images.out))
    return [RESULT_FILES.search[format], text]
  }
  const [best] = found.rows
  return [
    RESULT_FILES.search[emit],
    best ? await manifestsOf({ ...images, emit }, workload, found.space, best.counts) : '',
  ]
}

function progressLine(
  { done, last, best }: SearchProgress,
  types: readonly string[],
  targetQps: number | undefined,
  elapsedMs: number,
): string {
  const so = best ? `, best ${formatRate(best.mean)} on ${configurationText(types, best.counts)}` : ''
  const where =
    targetQps === undefined
      ? `bounds down to ${formatRate(last.bound)}`
      : `costs up to $${formatPrice(last.costPerHour)}`
  return `${done} evaluated, ${((1000 * done) / elapsedMs).toFixed(1)}/s, ${where}${so}`
}

/** How many replays were in the log. If a search ended early, some may be of a configuration that is not evaluated. */
function fromLog(reused: number, endedEarly: boolean): string {
  if (!endedEarly) return `${formatCount(reused)} of its replays from the log`
  return `${counted(reused, 'replay')} from the log, which keeps the new ones`
}
