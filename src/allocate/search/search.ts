/**
 * Searches a space for the configurations with the highest allowable throughput, or for the cheapest that sustain a
 * target: bounds order the candidates, replay measures them, and the result says what it rests on.
 */
import { fluidBoundsOf, spaceProgram } from '../../bound/fluid.ts'
import { policyOf } from '../../dispatch/policies.ts'
import { sharedKernel } from '../../kernel/shared.ts'
import { checkGiven, checkTimeLimit, checkWhole, type OptionNames } from '../../model/checks.ts'
import { refuseUsage } from '../../model/errors.ts'
import { type Counts, checkSpace, type Space, sizeOf } from '../../model/fleet/space.ts'
import { once } from '../../model/once.ts'
import type { OnProgress } from '../../model/progress.ts'
import type { SearchProgress, VerifiedSearch } from '../../model/results/search.ts'
import { summaryOf } from '../../model/workload/workload.ts'
import { MEASUREMENT_OPTIONS, type Measurement, planOf } from '../../replay/allowable-throughput.ts'
import { openLocalJobs } from '../../replay/local-jobs.ts'
import { KEPT_QUERIES } from '../../replay/perform-job.ts'
import { MOST_SPARE } from '../cheapest/losses.ts'
import type { EarlyEndOptions } from '../early-end.ts'
import { fluidSpace } from '../select/lattice.ts'
import { relax } from '../select/relaxation.ts'
import { selectSetting } from '../select/setting.ts'
import { answerBest, answerCheapest, type CheckedSearch } from './answers.ts'
import { evaluatorOf } from './evaluate.ts'
import { sparing } from './spare.ts'
import { startTimeLimit } from './time-limit.ts'

export interface SearchRequest extends Measurement, EarlyEndOptions {
  readonly space: Space
  /** How many rows are wanted; 1 by default. */
  readonly topN?: number | undefined
  /** Queries per second: search for the cheapest configurations that sustain this rate. */
  readonly targetQps?: number | undefined
  /** With `targetQps`: how many instances, whichever they are, may be lost with the target sustained; 0 by default. */
  readonly spare?: number | undefined
  /** Measure every feasible configuration in full. It checks what is pruned and refuted otherwise. */
  readonly exhaustive?: boolean | undefined
  /** Called after each evaluation. */
  readonly onProgress?: OnProgress<SearchProgress> | undefined
}

const OPTIONS: OptionNames<SearchRequest> = {
  ...MEASUREMENT_OPTIONS,
  space: true,
  topN: true,
  targetQps: true,
  spare: true,
  exhaustive: 'flag',
  timeLimitMs: true,
  stop: true,
  onProgress: true,
}

/**
 * The configurations of a space with the highest allowable throughput, measured by replay; with `targetQps` the
 * cheapest that sustain that rate. The rows are proven under this replay.
 *
 * Takes seconds; runs on threads of its own, and the result is the same for any number of threads.
 *
 * @throws KairosError BAD_MODEL, TOO_LARGE or BAD_USAGE for input that cannot be searched; the reason of `signal`
 */
export async function searchConfigurations(request: SearchRequest): Promise<VerifiedSearch> {
  checkGiven(request, OPTIONS)
  const { workload, space, topN = 1, targetQps, exhaustive = false, kernel = 'wasm', log } = request
  const { timeLimitMs = Infinity, spare = 0, onProgress } = request
  checkSpace(space)
  checkWhole('topN', topN, 1)
  if (exhaustive && targetQps !== undefined) {
    const cure = 'a search for a target stops at the cheapest: leave one of the two out'
    refuseUsage('exhaustive', 'does not go with targetQps', cure)
  }
  checkTimeLimit(timeLimitMs)
  checkWhole('spare', spare, 0, MOST_SPARE)
  if (spare > 0 && targetQps === undefined) {
    refuseUsage('spare', 'has no target to keep', 'give targetQps too')
  }
  const program = spaceProgram(workload, space, request.service)
  const ranked = fluidSpace(space, program)
  const relaxed = once(() => relax(sharedKernel(kernel), ranked))
  const plan = planOf(request, () => Math.min(relaxed().ceiling, targetQps ?? Infinity))
  const { load, repeats, seed, threads } = plan
  const limit = startTimeLimit(timeLimitMs, request.signal, request.stop)
  const { signal } = limit
  let { jobs } = request
  try {
    const setting = { threads: Math.min(threads, repeats), kernel, signal, log }
    jobs ??= await openLocalJobs(setting, KEPT_QUERIES)
    const evaluator = evaluatorOf(space, plan, jobs, { kernel, signal })
    const boundsOf = (each: readonly Counts[]) => fluidBoundsOf(sharedKernel(kernel), program, each).bound
    const question: CheckedSearch = {
      workload,
      space,
      topN,
      exhaustive,
      spare,
      plan,
      onProgress,
      ranked,
      relaxed,
      setting: selectSetting({ kernel, threads, signal }),
      signal: request.signal,
      evaluator: spare > 0 ? sparing(evaluator, spare, boundsOf) : evaluator,
      isTimeUp: limit.isUp,
    }
    return {
      workload: summaryOf(workload),
      space,
      policy: policyOf(request.policy).name,
      service: load.service,
      arrivals: load.arrivals,
      queries: load.queries,
      repeats,
      seed,
      considered: sizeOf(space),
      ...(targetQps === undefined ? await answerBest(question) : await answerCheapest(question, targetQps)),
    }
  } finally {
    limit.stop()
    if (jobs !== request.jobs) await jobs?.close()
  }
}
