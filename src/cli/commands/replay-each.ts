import { normalize } from 'node:path'
import { defaultThreads } from '../../kernel/host.ts'
import { counted } from '../../model/counted.ts'
import { refuseUsage } from '../../model/errors.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import { fewestQueries } from '../../model/results/latencies.ts'
import { summaryOf, type Workload } from '../../model/workload/workload.ts'
import { openLocalJobs } from '../../replay/local-jobs.ts'
import { KEPT_QUERIES } from '../../replay/perform-job.ts'
import { type ManyReplays, replayEach } from '../../replay/replay-each.ts'
import { formatCount } from '../../report/numbers.ts'
import { configurationText } from '../../report/phrases.ts'
import { replayRowsText } from '../../report/replay/replay-rows.ts'
import { generatedQueries, readAskedTrace, readTraceBelow } from '../input/arrivals.ts'
import { readConfigurations } from '../input/configuration.ts'
import { checkPolicies } from '../input/policies.ts'
import { openAskedQueue } from '../input/queue.ts'
import type { ReplayFlags } from '../input/replay-flags.ts'
import { eachCounts } from '../input/several.ts'
import { elapsedText } from '../output/elapsed.ts'
import { startProgress } from '../output/progress.ts'
import { tellSlow } from '../output/replay-notes.ts'
import { RESULT_FILES } from '../output/result-files.ts'
import { saveAndShow, saveResult } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { tell, wantsColor } from '../output/terminal.ts'

/** `kairos-wasm replay` of several traces, configurations, policies and seeds: a row for each combination. */
export async function replayEachAsked(given: ReplayFlags, config: string): Promise<void> {
  const { service, kernel, seed, seeds = [seed], format, quiet } = given
  const policies = checkPolicies(given.policy)
  const { configurations, fleet } = await readConfigurations(given, eachCounts(given.counts))
  tellSlow(quiet, policies, Math.max(...configurations.map(instancesOf)))
  const { workload, types, slots } = fleet
  refuseTwice(
    'counts',
    configurations.map((counts) => configurationText(types, counts)),
  )
  const loads = await readLoads(given, workload)
  const asked = { ...fleet, service, kernel, loads, configurations, policies, seeds }
  const total = loads.length * configurations.length * policies.length * seeds.length
  const signal = interruptSignal()
  const threads = Math.min(given.threads ?? defaultThreads(), total)
  const jobs =
    (await openAskedQueue(given)) ?? (await openLocalJobs({ threads, kernel, signal }, KEPT_QUERIES))
  const started = performance.now()
  const progress = startProgress('replaying', 'replays', quiet)
  progress.update({ done: 0, total })
  const rows = await replayEach(asked, jobs, { signal, onProgress: progress.update }).finally(() => {
    progress.stop()
    return jobs.close()
  })
  const { percentile } = workload
  const question = { ...summaryOf(workload), types, slots, service }
  const text = replayRowsText({ ...question, rows }, format, wantsColor(given.color))
  await saveAndShow(text, () => saveResult(given, RESULT_FILES.replays[format], text, config))
  if (rows.some(({ tooFewQueries }) => tooFewQueries)) {
    const least = `at least ${formatCount(fewestQueries(percentile))} are needed`
    tell(quiet, `some have too few queries to tell whether ${percentile}% are in time: ${least}`)
  }
  tell(quiet, `${counted(total, 'replay')} ${elapsedText(started)}`)
}

function refuseTwice(field: string, names: readonly string[], keys = names): void {
  const twice = keys.findIndex((key, i) => keys.indexOf(key) < i)
  if (twice >= 0) refuseUsage(field, `names ${names[twice]} twice`, 'name it once')
}

/** The traces that flags name, or how queries are generated: plain numbers, from which each job makes its own. */
async function readLoads(given: ReplayFlags, workload: Workload): Promise<ManyReplays['loads']> {
  const { trace, rate, traceRoot } = given
  if (trace === undefined && rate !== undefined) return [{ file: null, load: generatedQueries(given, rate) }]
  const loads: ManyReplays['loads'][number][] = []
  const files = trace?.split('\n') ?? []
  refuseTwice(
    'trace',
    files,
    // behind a link to a folder, .. is another folder than its name says
    files.map((file) => (file.includes('..') ? file : normalize(file))),
  )
  for (const file of files.length > 0 ? files : [undefined]) {
    const named = { ...given, ...(file !== undefined && { trace: file }) }
    const found =
      file !== undefined && traceRoot !== undefined
        ? await readTraceBelow(traceRoot, file, named, workload)
        : { load: await readAskedTrace(named, workload) }
    loads.push({ file: file ?? null, ...found })
  }
  return loads
}
