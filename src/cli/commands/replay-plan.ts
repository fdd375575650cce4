import { readSavedPlan, type SavedPlan } from '../../files/documents/plan.ts'
import { refuseUsage } from '../../model/errors.ts'
import { instancesOf } from '../../model/fleet/configuration.ts'
import type { Trace } from '../../model/trace/trace.ts'
import { traceAtRates } from '../../model/trace/trace-at-rates.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { replayPlan } from '../../plan/replay-plan.ts'
import { formatQueries } from '../../report/numbers.ts'
import { planReplayText } from '../../report/plan/plan-replay.ts'
import { readAskedTrace } from '../input/arrivals.ts'
import { readAskedWorkload } from '../input/question.ts'
import type { ReplayFlags } from '../input/replay-flags.ts'
import { elapsedText } from '../output/elapsed.ts'
import { withProgress } from '../output/progress.ts'
import { tellSlow } from '../output/replay-notes.ts'
import { RESULT_FILES } from '../output/result-files.ts'
import { saveAndShow, saveResult } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { tell, wantsColor } from '../output/terminal.ts'

/** `kairos-wasm replay --plan`: a trace while the instances of a plan start and stop. @param path of the plan */
export async function replayUnderPlan(given: ReplayFlags, path: string, config: string): Promise<void> {
  if (given.policy.length > 1) {
    refuseUsage('policy', 'names several policies', 'name one with --plan')
  }
  const workload = await readAskedWorkload(given)
  const plan = await readSavedPlan(path, [workload.model])
  const { schedule } = plan
  const trace = await readPlannedTrace(given, workload, plan)
  tellSlow(given.quiet, given.policy, Math.max(...schedule.counts.map(instancesOf)))
  const { service, seed, kernel } = given
  const signal = interruptSignal()
  const started = performance.now()
  const asked = { workload, schedule, trace, policy: given.policy[0], service, seed, kernel, signal }
  const run = await withProgress('replaying', 'queries', given.quiet, (onProgress) =>
    replayPlan({ ...asked, onProgress }),
  )
  const text = planReplayText(run, given.format, wantsColor(given.color))
  await saveAndShow(text, () => saveResult(given, RESULT_FILES.replay[given.format], text, config))
  tell(given.quiet, `${formatQueries(run.queries)} ${elapsedText(started)}`)
}

/** The trace that flags name or generate; without both, queries at the rates of the plan. */
async function readPlannedTrace(
  given: ReplayFlags,
  workload: Workload,
  { schedule, rateQps }: SavedPlan,
): Promise<Trace> {
  const { trace, rate, seed, quiet } = given
  if (trace !== undefined || rate !== undefined || rateQps === undefined)
    return readAskedTrace(given, workload)
  const drawn = traceAtRates({ rateQps, windowS: schedule.windowS, seed, mix: workload.mix })
  tell(quiet, `no trace is given: drew ${formatQueries(drawn.arrivalMs.length)} at the rates of the plan`)
  return drawn
}
