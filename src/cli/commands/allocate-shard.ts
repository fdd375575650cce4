import type { ShardedRequest } from '../../allocate/shards.ts'
import { rankingQuestion, rankShard } from '../../allocate/shards.ts'
import { questionText, readRankingQuestion, writePart } from '../../files/documents/parts.ts'
import { KairosError } from '../../model/errors.ts'
import type { RankingShard } from '../../model/results/ranking-part.ts'
import { kubernetesJob } from '../../report/emit/kubernetes-job.ts'
import { formatCounted } from '../../report/numbers.ts'
import { type AllocateFlags, DEFAULT_ROWS, namesOf, rankRequest } from '../input/allocate-flags.ts'
import { readQuestion } from '../input/question.ts'
import { verificationGiven } from '../input/verification.ts'
import { startProgress } from '../output/progress.ts'
import { interruptSignal } from '../output/signals.ts'
import { show, tell } from '../output/terminal.ts'

/** Set by Kubernetes in the pods of an indexed job. */
const INDEX = 'JOB_COMPLETION_INDEX'

/** `kairos-wasm allocate --shard`, `--shards` and `--emit`: one part of a ranking, or the job that makes them all. */
export async function allocateShard(given: AllocateFlags): Promise<void> {
  refuseWhatHasNoParts(given)
  const question =
    given.question === undefined
      ? rankingQuestion(await asked(given))
      : await readRankingQuestion(given.question)
  if (given.emit !== undefined) {
    const { shards, image = 'kairos-wasm', parallelism } = given
    if (shards === undefined) refuse('--emit needs the number of parts', 'add --shards')
    return show([await kubernetesJob({ question, text: questionText(question), shards, image, parallelism })])
  }
  const shard = shardOf(given)
  const { out, quiet, threads, kernel } = given
  if (out === undefined) refuse('a part is written to a folder', 'name it with --out')
  const started = performance.now()
  const progress = startProgress('ranking', 'configurations', quiet)
  try {
    const part = await rankShard(question, shard, {
      ...{ kernel, signal: interruptSignal(), onProgress: progress.update },
      ...(threads !== undefined && { threads }),
    })
    progress.stop()
    const file = await writePart(out, question, part)
    const elapsed = Math.round(performance.now() - started)
    tell(quiet, `${formatCounted(part.bound.length, 'row')} in ${elapsed} ms, saved ${file}`)
  } finally {
    progress.stop()
  }
}

async function asked(given: AllocateFlags): Promise<ShardedRequest> {
  const { workload, space } = await readQuestion(given)
  const { bound, ties = 'cost' } = rankRequest(given, workload, space)
  const { topN = DEFAULT_ROWS, kernel } = given
  return { workload, space, topN, ties, kernel, ...(bound !== undefined && { bound }) }
}

/** The part that flags name; in a pod of an indexed job the one of the pod. */
function shardOf({ shard, shards }: AllocateFlags): RankingShard {
  if (shard !== undefined && shards !== undefined && shard.count !== shards) {
    refuse(`--shard is of ${shard.count} parts, --shards says ${shards}`, 'leave --shards out')
  }
  if (shard !== undefined) return shard
  const index = process.env[INDEX]
  if (shards === undefined) refuse('no part is named', 'add --shard, such as --shard 0/16')
  if (index === undefined)
    refuse(`no part is named, and ${INDEX} is not set`, 'add --shard, such as --shard 0/16')
  if (!/^\d+$/.test(index) || Number(index) >= shards) {
    refuse(`${INDEX} is "${index}"`, `a whole number from 0 to ${shards - 1} is expected`)
  }
  return { index: Number(index), count: shards }
}

/** @throws KairosError BAD_USAGE for flags that parts do not take, or that contradict each other */
function refuseWhatHasNoParts(given: AllocateFlags): void {
  const { all, pareto, targetQps, spare, explain, verify, timeLimit, profile } = given
  const { svg, report, routerImage, format } = given
  const whole = {
    all,
    pareto,
    targetQps,
    spare,
    explain,
    verify,
    timeLimit,
    profile,
    svg,
    report,
    routerImage,
  }
  const [other] = namesOf(whole)
  if (other !== undefined) {
    refuse(`${other} does not go with parts`, 'leave it out; the parts have the best --top-n rows')
  }
  const [replayed] = verificationGiven(given)
  if (replayed !== undefined) refuse(`${replayed} is for replays, and parts rank by bounds`, 'leave it out')
  if (format === 'hpdc23') refuse('--format hpdc23 lists all rows', 'leave it out')
  refuseOtherEmit(given)
  const { question, workload, model, space, catalog, budget } = given
  const { qosMs, percentile, batching, maxBatch, bound, topN } = given
  const asked = {
    workload,
    model,
    space,
    catalog,
    budget,
    qosMs,
    percentile,
    batching,
    maxBatch,
    bound,
    topN,
  }
  const [twice] = namesOf(asked)
  if (question !== undefined && twice !== undefined) {
    refuse(`--question and ${twice} say what is ranked`, 'leave one of them out')
  }
}

/** Refuses manifests of a row, which no part knows; and the flags of a part for the job of all parts, and the reverse. */
function refuseOtherEmit({ emit, shard, out, image, parallelism }: AllocateFlags): void {
  if (emit === undefined) {
    const [ofJob] = namesOf({ image, parallelism })
    if (ofJob !== undefined) refuse(`${ofJob} is for the job of all parts`, 'add --emit kubernetes-job')
    return
  }
  if (emit !== 'kubernetes-job') {
    refuse(`--emit ${emit} starts the first row, which no part knows`, 'leave it out, or rank without parts')
  }
  const [ofPart] = namesOf({ shard, out })
  if (ofPart !== undefined)
    refuse(`--emit prints the job of all parts, and ${ofPart} is for one`, 'leave one out')
}

function refuse(problem: string, cure: string): never {
  throw new KairosError('BAD_USAGE', problem, {}, cure)
}
