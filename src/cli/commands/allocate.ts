import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { cheapestConfigurations } from '../../allocate/cheapest/cheapest.ts'
import type { EarlyEndOptions } from '../../allocate/early-end.ts'
import { explainConfiguration } from '../../allocate/explain.ts'
import { streamRanking } from '../../allocate/rank.ts'
import { closedForm, deriveProfile } from '../../bound/closed-form.ts'
import { publishedEstimate } from '../../bound/published-estimate.ts'
import { counted } from '../../model/counted.ts'
import { placedAt, refuseModel } from '../../model/errors.ts'
import { COST_TOLERANCE, type Counts, type Space, typeNames } from '../../model/fleet/space.ts'
import {
  inOneBatch,
  type RankedBatches,
  type RankingHead,
  type RankingStream,
} from '../../model/results/ranking.ts'
import type { Profile } from '../../model/workload/profile.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { explanationText } from '../../report/allocation/explanation.ts'
import { formatPrice, percent } from '../../report/numbers.ts'
import { DEFAULT_ROWS } from '../../report/page/question.ts'
import { type AllocateFlags, isOfParts, rankRequest, rulesOf } from '../input/allocate-flags.ts'
import { runWith } from '../input/config.ts'
import { inOrderOf, readCountsFlag } from '../input/counts.ts'
import type { CountsFlag } from '../input/counts-flag.ts'
import * as flags from '../input/flags.ts'
import { readQuestion } from '../input/question.ts'
import { shardFlags } from '../input/shard-flags.ts'
import { fillVerification, verificationOptions } from '../input/verification.ts'
import { commandLine } from '../output/command-line.ts'
import { elapsedText } from '../output/elapsed.ts'
import { EMIT_TARGETS, type EmitTarget, emitOptions, emitText } from '../output/emit.ts'
import { INFEASIBLE } from '../output/exit-status.ts'
import { tellInfeasible } from '../output/infeasible.ts'
import { startProgress } from '../output/progress.ts'
import { rankingWriter } from '../output/ranking.ts'
import { RESULT_FILES } from '../output/result-files.ts'
import { createRowKeeper } from '../output/row-keeper.ts'
import { savePicture, saveReport, showAndSave } from '../output/save.ts'
import { interruptedStatus, stopSignals } from '../output/signals.ts'
import { lineRoom, tell, wantsColor } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm allocate                                     the published space for the published workload rm2
  kairos-wasm allocate --model dien --budget 3 --top-n 20  another model, another budget
  kairos-wasm allocate -w workload.yaml -s space.yaml      your own workload and machines
  kairos-wasm allocate -w workload.yaml -s space.yaml --catalog catalog.csv
                                                           with the prices of a catalog (kairos-wasm catalog)
  kairos-wasm allocate --explain g4dn.xlarge=1,r5n.large=13
                                                           what limits a configuration, and its routing
  kairos-wasm allocate --pareto --svg frontier.svg         the frontier of cost and bound, with a picture
  kairos-wasm allocate --report report.html                a page with figures that can recompute
  kairos-wasm allocate --emit kubernetes --image bert:1 --router-image router:1
                                                           manifests that start the best row behind a router
  kairos-wasm allocate --target-qps 80 --spare 1           the cheapest that reach 80 q/s, even after one loss
  kairos-wasm allocate -s large.json --time-limit 10       the best rows within 10 s, and the gap that remains
  kairos-wasm allocate --model mtwnd --verify              measured instead of bounded: the best under replay, proven
  kairos-wasm allocate --all --format csv > ranking.csv    every configuration within the budget
  kairos-wasm allocate --profile allocator_profile.json --format hpdc23
                                                           the published allocator's answer, in its format
  kairos-wasm allocate -s huge.json --shard 3/16 --out parts
                                                           one of 16 parts, on any machine; merge joins them
  kairos-wasm allocate -s huge.json --shards 200 --emit kubernetes-job > job.yaml
                                                           a manifest for 200 parts on a cluster
  kairos-wasm allocate --out results && kairos-wasm allocate -c results/config.json
                                                           save, and run the same again`

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.question(),
    flags.batching(),
    flags.bound(),
    new Option('--profile <file>', 'a published allocator_profile.json as the input'),
    rowsOption(),
    new Option('--all', 'every configuration within the budget instead of the best'),
    new Option('--pareto', 'only the frontier of cost and bound'),
    flags.targetQps(),
    flags.spare(),
    flags.explain(),
    new Option(
      '--emit <tool>',
      'print manifests that start the first row; kubernetes-job: the manifest of a job that ranks the parts of --shards',
    ).choices([...EMIT_TARGETS, 'kubernetes-job']),
    emitOptions('With --emit:'),
    flags.timeLimit(),
    new Option('--verify', 'measure by replay: the proven best, or the cheapest up to --target-qps'),
    verificationOptions().map((option) => option.helpGroup('With --verify:')),
    shardFlags(),
    flags.threads(),
    flags.kernel(),
    flags.format('table', 'json', 'csv', 'ndjson', 'hpdc23'),
    flags.svg(),
    flags.report(),
    flags.out(),
    flags.common(),
  )
  runWith(command, allocate, {
    rules: rulesOf,
    fill(self) {
      if (self.opts().verify) fillVerification(self)
    },
  })
}

/** Without a default of commander's: it depends on other flags, and a given one can be told apart. */
function rowsOption(): Option {
  const option = flags.topN().default(undefined)
  option.description += ` (default: ${DEFAULT_ROWS}; all with --all and --pareto, 1 with --verify)`
  return option
}

async function allocate(given: AllocateFlags, config: string): Promise<void> {
  if (isOfParts(given)) return (await import('./allocate-shard.ts')).allocateShard(given)
  const emit = given.emit as EmitTarget | undefined
  if (given.verify)
    return (await import('./search.ts')).search({ ...given, emit, topN: given.topN ?? 1 }, config)
  const { workload, space, profile } = await readQuestion(given)
  if (given.explain) return explain(given, given.explain, workload, space, config)
  const { format, out, quiet, threads, timeLimit, targetQps } = given
  const saved =
    out === undefined ? '' : (RESULT_FILES.ranking[emit ?? format] ?? publishedFile(workload.model))
  const started = performance.now()
  const progress = startProgress('ranking', 'configurations', quiet)
  const { stop, signal } = stopSignals()
  const timeLimitMs = timeLimit === undefined ? undefined : 1000 * timeLimit
  const shared = { stop, signal, timeLimitMs, threads }
  try {
    const { head, rows, endedEarly } =
      targetQps === undefined
        ? await streamRanking({
            ...rankRequest(given, workload, space),
            ...shared,
            profile,
            onProgress: progress.update,
          })
        : await cheapest({ ...given, targetQps }, workload, space, shared)
    const verify = targetQps === undefined ? undefined : verifyNote(given, targetQps)
    const kept = createRowKeeper(given.report !== undefined)
    const drawn = given.svg === undefined ? rows : drawing(given, head, rows)
    const passing = kept.passing(drawn)
    const chunks = emit
      ? emitText({ ...given, emit }, workload, space, passing)
      : rankingWriter(given, verify, publishedValueOf(given, workload, space, profile))(head, passing)
    await showAndSave(chunks, given, saved, config)
    if (verify && !head.infeasible && format !== 'table') tell(quiet, verify)
    await saveReport(given, async () => {
      // a process that writes no report opens fewer files
      const { allocateReport } = await import('../output/allocate-report.ts')
      return allocateReport(given, { workload, space, head, ...kept.found() })
    })
    tell(quiet, `${counted(head.considered, 'configuration')} ${elapsedText(started)}`)
    if (endedEarly() || head.proof?.provenRows !== undefined) tell(quiet, cutText(head, stop.aborted))
    if (stop.aborted) process.exitCode = interruptedStatus()
    else if (head.infeasible) tellInfeasible(head.infeasible.message, format === 'table')
  } finally {
    progress.stop()
  }
}

/** The path of a ranking in the published format. @throws KairosError BAD_MODEL for a model that cannot name a file */
function publishedFile(model: string): string {
  if (!/[/\\]|\.\./.test(model)) return join('upperbounds', `${model}.json`)
  const cure = 'the format hpdc23 names a file after the model: a name without "/", "\\" and ".." is expected'
  refuseModel('model', `is "${model}"`, cure)
}

/** The closed form of the published format, to its last bit. */
function publishedValueOf(given: AllocateFlags, workload: Workload, space: Space, profile?: Profile) {
  if (given.format !== 'hpdc23' || given.bound === 'fluid') return undefined
  const form = closedForm(profile ?? deriveProfile(workload, space), space)
  return (counts: Counts) => publishedEstimate(form, counts)
}

/** A note that the rows are not all that were asked for, with the reason. */
function cutText({ proof }: RankingHead, isStopped: boolean): string {
  const why = isStopped ? 'interrupted' : 'the time limit is reached'
  if (proof?.provenRows === undefined) return `${why}: the rows are the first ones, and more would follow`
  if (proof.gap === Infinity) return `${why}: better rows may be left`
  const proven = proof.provenRows > 0 ? `the first ${proof.provenRows} rows are proven` : 'the best so far'
  return `${why}: ${proven}${proof.gap > 0 ? `, and another one may be better by ${percent(proof.gap, 2)}` : ''}`
}

async function cheapest(
  { targetQps, spare = 0, topN, kernel }: AllocateFlags & { targetQps: number },
  workload: Workload,
  space: Space,
  shared: EarlyEndOptions & { signal: AbortSignal; threads: number | undefined },
): Promise<RankingStream> {
  const request = { workload, space, targetQps, spare, topN: topN ?? DEFAULT_ROWS, kernel, ...shared }
  const { rows, ...head } = await cheapestConfigurations(request)
  return { head, rows: inOneBatch(rows), endedEarly: () => false }
}

/** A note that the rate of a target is an upper bound, with the command that measures it. */
function verifyNote(given: AllocateFlags, targetQps: number): string {
  const { workload, model, space, catalog, budget, percentile } = given
  const question = { workload, model, space, catalog, budget, 'qos-ms': given.qosMs, percentile }
  const batching = {
    batching: given.batching || undefined,
    'no-batching': given.batching === false || undefined,
  }
  const target = { 'max-batch': given.maxBatch, 'target-qps': targetQps, spare: given.spare }
  const command = commandLine('allocate', { ...question, ...batching, ...target, verify: true })
  const what = given.spare ? `${targetQps} q/s after the loss of ${given.spare}` : `${targetQps} q/s`
  return `The bounds are upper bounds. To find the cheapest that is measured to sustain ${what}:\n  ${command}`
}

async function explain(
  given: AllocateFlags,
  flag: CountsFlag,
  workload: Workload,
  space: Space,
  config: string,
): Promise<void> {
  const { format, quiet, color, kernel } = given
  const types = typeNames(space)
  const counts = inOrderOf(types, await readCountsFlag('explain', flag, { types, ordered: true }))
  const result = placedAt({ field: '--explain' }, () => explainConfiguration(workload, space, counts, kernel))
  const text = explanationText(result, format, wantsColor(color), lineRoom(given.out))
  await showAndSave([text], given, RESULT_FILES.explanation[format], config)
  const outside = space.types
    .filter(({ min = 0, max }, t) => counts[t] < min || counts[t] > max)
    .map(({ name, min = 0, max }) => `${name} is from ${min} to ${max}`)
  const over = result.costPerHour - space.budgetPerHour
  if (over > COST_TOLERANCE) outside.push(`it costs $${formatPrice(over)} an hour more than the budget`)
  if (outside.length > 0) tell(quiet, `this configuration is outside the space: ${outside.join('; ')}`)
  if (result.bound === 0) process.exitCode = INFEASIBLE
}

/** The same rows; the picture is drawn after the last of them. */
async function* drawing(given: AllocateFlags, head: RankingHead, rows: RankedBatches) {
  const { MAX_POINTS, rankingPlot } = await import('../../report/plots/ranking-plot.ts')
  const kept = createRowKeeper(true, MAX_POINTS)
  yield* kept.passing(rows)
  const { rows: points, listed } = kept.found()
  if (points.length > 0) await savePicture(given, () => rankingPlot(head, points, listed))
}
