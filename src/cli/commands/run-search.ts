import { join } from 'node:path'
import { searchConfigurations } from '../../allocate/search/search.ts'
import { policyOf } from '../../dispatch/policies.ts'
import { writeAtomically, writeTogether } from '../../files/io/write.ts'
import { openTrialLog } from '../../files/logs/trial-log.ts'
import type { VerifiedSearch } from '../../model/results/search.ts'
import { excessShare } from '../../replay/drain.ts'
import { formatCount, formatRate } from '../../report/numbers.ts'
import { configurationText } from '../../report/phrases.ts'
import { searchText } from '../../report/search.ts'
import { shortReplays } from '../../report/short-replays.ts'
import { type QuestionFlags, readQuestion } from '../input/question.ts'
import type { VerificationFlags } from '../input/verification.ts'
import { interruptSignal, show, startStatus, tell, wantsColor } from '../output/terminal.ts'

export interface SearchFlags extends QuestionFlags, VerificationFlags {
  readonly targetQps?: number
  readonly topN: number
  readonly timeLimit?: number
  readonly threads?: number
  readonly kernel: 'wasm' | 'fallback'
  readonly format: string
  readonly svg?: string
  readonly out?: string
  readonly quiet?: boolean
  readonly color: boolean
}

/** Searches, prints and saves, for `search` and for `allocate --verify`. */
export async function runSearch(given: SearchFlags, config: string): Promise<void> {
  const { policy, service, arrivals, cv, queries, repeats, seed, exhaustive, targetQps, topN } = given
  policyOf(policy)
  const { workload, space } = await readQuestion(given)
  const names = space.types.map(({ name }) => name)
  const log = given.log === undefined ? undefined : await openTrialLog(given.log)
  const signal = interruptSignal()
  const started = performance.now()
  const status = startStatus(given.quiet)
  status.show('measuring the first configuration')
  let found: VerifiedSearch
  try {
    found = await searchConfigurations({
      ...{ workload, space, policy, service, arrivals, cv, queries, repeats, seed },
      ...{ exhaustive, targetQps, topN, log, signal, threads: given.threads, kernel: given.kernel },
      ...(given.timeLimit !== undefined && { timeLimitMs: 1000 * given.timeLimit }),
      onProgress: ({ done, last, best }) => {
        const so = best ? `, best ${formatRate(best.mean)} on ${configurationText(names, best.counts)}` : ''
        const where =
          targetQps === undefined ? `bounds to ${formatRate(last.bound)}` : `costs to $${last.costPerHour}`
        const seconds = (performance.now() - started) / 1000
        status.show(`${done} evaluated, ${(done / seconds).toFixed(1)}/s, ${where}${so}`)
      },
    })
  } finally {
    status.stop()
    log?.close()
  }
  const text = await searchText(found, given.format, wantsColor(given.color))
  await save(given, found, text, config)
  await show([text])
  const elapsed = Math.round(performance.now() - started)
  const reused = log ? `, ${formatCount(log.reused)} of its replays remembered` : ''
  tell(given.quiet, `${found.evaluations.length} configurations evaluated in ${elapsed} ms${reused}`)
  const rate = found.rows[0]?.mean ?? 0
  const length = { queries: found.queries, qosMs: found.workload.qosMs }
  const short = shortReplays(length, rate, excessShare(length.queries, rate, length.qosMs))
  if (short) tell(given.quiet, short)
  if (found.infeasible) {
    process.exitCode = 3
    if (given.format !== 'table')
      process.stderr.write(`kairos: nothing is feasible: ${found.infeasible.message}\n`)
  }
}

async function save(
  { svg, out, format, quiet }: SearchFlags,
  found: VerifiedSearch,
  text: string,
  config: string,
): Promise<void> {
  if (svg !== undefined && found.rows.length > 0) {
    const [{ renderSvg }, { searchPlot }] = await Promise.all([
      import('../../report/plot.ts'),
      import('../../report/search-plot.ts'),
    ])
    await writeAtomically(svg, await renderSvg(searchPlot(found)))
    tell(quiet, `saved ${svg}`)
  }
  if (out !== undefined) {
    const files = [
      { path: join(out, `search.${format === 'table' ? 'txt' : format}`), chunks: text },
      { path: join(out, 'config.json'), chunks: config },
    ]
    await writeTogether(files)
    tell(quiet, `saved ${files.map(({ path }) => path).join(' and ')}`)
  }
}
