import type { RankRequest } from '../../allocate/rank.ts'
import type { KernelName } from '../../kernel/contract.ts'
import type { BoundName } from '../../model/bounds.ts'
import { KairosError } from '../../model/errors.ts'
import type { Space } from '../../model/fleet/space.ts'
import type { RankingShard } from '../../model/results/ranking-part.ts'
import type { Workload } from '../../model/workload/workload.ts'
import type { EmitFlags, EmitTarget } from '../output/emit.ts'
import type { OutputFlags } from '../output/save.ts'
import type { CountsFlag } from './counts-flag.ts'
import type { QuestionFlags } from './question.ts'
import { type VerificationFlags, verificationGiven } from './verification.ts'

export interface AllocateFlags extends QuestionFlags, VerificationFlags, OutputFlags {
  verify?: boolean
  bound?: BoundName
  topN?: number
  all?: boolean
  pareto?: boolean
  targetQps?: number
  spare?: number
  explain?: CountsFlag
  emit?: EmitTarget | 'kubernetes-job'
  image?: string
  serverPort: number
  routerImage?: string
  timeLimit?: number
  threads?: number
  kernel: KernelName
  shard?: RankingShard
  shards?: number
  question?: string
  parallelism?: number
}

/** Rows of a ranking, unless flags say otherwise. */
export const DEFAULT_ROWS = 20

/** @throws KairosError BAD_USAGE for flags that contradict each other */
export function refuseContradictions(given: AllocateFlags): void {
  const refuse = (problem: string, cure: string): never => {
    throw new KairosError('BAD_USAGE', problem, {}, cure)
  }
  const closed = given.bound === 'closed-form' || given.profile !== undefined || given.format === 'hpdc23'
  if (given.bound === 'fluid' && given.profile !== undefined) {
    refuse('--profile has no fluid bound', 'leave --bound or --profile out')
  }
  if (closed && (given.targetQps !== undefined || given.explain)) {
    refuse(
      '--target-qps and --explain need the fluid bound',
      'leave --profile, --bound and --format hpdc23 out',
    )
  }
  if (closed && (given.batching || given.maxBatch !== undefined)) {
    refuse(
      'the closed form knows no batches',
      'leave --batching and --max-batch, or --profile, --bound and --format hpdc23, out',
    )
  }
  if (given.explain) {
    const { all, pareto, targetQps, topN, timeLimit, bound, profile } = given
    const useless = namesOf({ all, pareto, targetQps, topN, timeLimit, bound, profile })
    if (useless.length > 0) refuse(`--explain does not go with ${useless[0]}`, 'leave one of them out')
  }
  if (given.all && (given.topN !== undefined || given.pareto)) {
    refuse(`--all does not go with ${given.pareto ? '--pareto' : '--top-n'}`, 'leave one of them out')
  }
  if (given.explain && given.format !== 'table' && given.format !== 'json') {
    refuse(`--explain does not go with --format ${given.format}`, 'ask for table or json')
  }
  if (given.verify) {
    const { all, pareto, explain, format } = given
    const useless = namesOf({ all, pareto, explain })
    if (closed || useless.length > 0 || format === 'ndjson') {
      const what = closed ? 'the closed form' : (useless[0] ?? '--format ndjson')
      refuse(`--verify does not go with ${what}`, 'leave one of them out')
    }
  } else if (verificationGiven(given).length > 0) {
    refuse(`${verificationGiven(given)[0]} is for replays`, 'add --verify')
  }
  if (closed && given.pareto) refuse('--pareto needs the fluid bound', 'leave --bound closed-form out')
  if (given.emit && given.explain) refuse('--emit does not go with --explain', 'leave one of them out')
  if (given.emit !== 'kubernetes-job') checkEmit({ ...given, emit: given.emit })
  refuseSpareAlone(given)
  if (given.targetQps !== undefined && (given.all || given.pareto)) {
    refuse('--target-qps lists the cheapest', 'leave --all and --pareto out; --top-n says how many')
  }
}

/** @throws KairosError BAD_USAGE for spare instances without a target */
export function refuseSpareAlone({ spare, targetQps }: Pick<AllocateFlags, 'spare' | 'targetQps'>): void {
  if (spare === undefined || targetQps !== undefined) return
  throw new KairosError('BAD_USAGE', '--spare has no target to keep', {}, 'add --target-qps')
}

/**
 * Manifests take the place of the rows, and need the images that they start.
 *
 * @throws KairosError BAD_USAGE for images without manifests, and for manifests without them
 */
export function checkEmit({
  emit,
  image,
  routerImage,
}: Pick<EmitFlags, 'image' | 'routerImage'> & { readonly emit?: EmitTarget | undefined }): void {
  const refuse = (problem: string, cure: string): never => {
    throw new KairosError('BAD_USAGE', problem, {}, cure)
  }
  if (emit === undefined) {
    if (image !== undefined || routerImage !== undefined) refuse('images are for manifests', 'add --emit')
    return
  }
  if (emit === 'kubernetes' && image === undefined && routerImage === undefined) {
    const cure = 'name the image of your servers, and one that has Node and kairos-wasm'
    refuse('--image and --router-image are missing', cure)
  }
  if (emit !== 'karpenter' && image === undefined)
    refuse('--image is missing', 'name the image of your servers')
  if (emit === 'kubernetes' && routerImage === undefined) {
    refuse('--router-image is missing', 'name an image that has Node and kairos-wasm')
  }
}

/** Those of some flags that are given, as they are typed. @param flags by their names in camel case */
export function namesOf(flags: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    const words = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    return value === undefined ? [] : [value === false ? `--no-${words}` : `--${words}`]
  })
}

/** The ranking that flags ask for. The published format leaves the cost out of the order, and infeasible rows. */
export function rankRequest(given: AllocateFlags, workload: Workload, space: Space): RankRequest {
  const published = given.format === 'hpdc23'
  const bound = given.bound ?? (published || given.profile !== undefined ? 'closed-form' : 'fluid')
  return {
    workload,
    space,
    bound,
    topN: given.topN ?? (given.all || given.pareto || published ? Infinity : DEFAULT_ROWS),
    includeInfeasible: given.all === true && !published,
    pareto: given.pareto === true,
    ties: published ? 'counts' : 'cost',
    kernel: given.kernel,
  }
}
