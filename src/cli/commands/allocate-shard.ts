import type { ShardedRequest } from '../../allocate/shards.ts'
import { rankingQuestion, rankShard } from '../../allocate/shards.ts'
import { questionText, readRankingQuestion, writePart } from '../../files/documents/parts.ts'
import { counted } from '../../model/counted.ts'
import { KairosError } from '../../model/errors.ts'
import type { RankingShard } from '../../model/results/ranking-part.ts'
import { kubernetesJob } from '../../report/emit/kubernetes-job.ts'
import { DEFAULT_ROWS } from '../../report/page/question.ts'
import { type AllocateFlags, rankRequest } from '../input/allocate-flags.ts'
import { readQuestion } from '../input/question.ts'
import { elapsedText } from '../output/elapsed.ts'
import { withProgress } from '../output/progress.ts'
import { interruptSignal } from '../output/signals.ts'
import { show, tell } from '../output/terminal.ts'

/** Set by Kubernetes in the pods of an indexed job. */
const INDEX = 'JOB_COMPLETION_INDEX'

/** `kairos-wasm allocate --shard`, `--shards` and `--emit`: one part of a ranking, or the job that makes them all. */
export async function allocateShard(given: AllocateFlags): Promise<void> {
  const question =
    given.question === undefined
      ? rankingQuestion(await asked(given))
      : await readRankingQuestion(given.question)
  const { shards } = given
  if (given.emit !== undefined && shards !== undefined) {
    const { image = 'kairos-wasm', parallelism } = given
    return show([await kubernetesJob({ question, text: questionText(question), shards, image, parallelism })])
  }
  const shard = shardOf(given)
  const { out, quiet, threads, kernel } = given
  if (out === undefined) refuse('a part is written to a folder', 'name it with --out')
  const started = performance.now()
  const options = { kernel, threads, signal: interruptSignal() }
  const part = await withProgress('ranking', 'configurations', quiet, (onProgress) =>
    rankShard(question, shard, { ...options, onProgress }),
  )
  const file = await writePart(out, question, part)
  tell(quiet, `${counted(part.bound.length, 'row')} ${elapsedText(started)}, saved ${file}`)
}

async function asked(given: AllocateFlags): Promise<ShardedRequest> {
  const { workload, space } = await readQuestion(given)
  const { bound, ties = 'cost' } = rankRequest(given, workload, space)
  const { topN = DEFAULT_ROWS, kernel } = given
  return { workload, space, topN, ties, kernel, bound }
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

function refuse(problem: string, cure: string): never {
  throw new KairosError('BAD_USAGE', problem, {}, cure)
}
