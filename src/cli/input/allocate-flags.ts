import type { RankRequest } from '../../allocate/rank.ts'
import type { KernelName } from '../../kernel/contract.ts'
import type { BoundName } from '../../model/bounds.ts'
import type { Space } from '../../model/fleet/space.ts'
import type { RankingShard } from '../../model/results/ranking-part.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { DEFAULT_ROWS } from '../../report/page/question.ts'
import { EMIT_TARGETS, type EmitTarget, type ManifestFlags } from '../output/emit.ts'
import type { OutputFlags } from '../output/save.ts'
import type { CountsFlag } from './counts-flag.ts'
import type { FlagRule } from './flag-rules.ts'
import type { QuestionFlags } from './question.ts'
import { type VerificationFlags, verificationOptions } from './verification.ts'

export interface AllocateFlags extends QuestionFlags, VerificationFlags, OutputFlags, ManifestFlags {
  verify?: boolean
  bound?: BoundName
  topN?: number
  all?: boolean
  pareto?: boolean
  targetQps?: number
  spare?: number
  explain?: CountsFlag
  emit?: EmitTarget | 'kubernetes-job'
  timeLimit?: number
  threads?: number
  kernel: KernelName
  shard?: RankingShard
  shards?: number
  question?: string
  parallelism?: number
}

/** Flags that rank by the closed form. */
const CLOSED = ['--bound closed-form', '--profile', '--format hpdc23']

const VERIFICATION = verificationOptions().map(({ long }) => long!)

const CLOSED_RULES: readonly FlagRule[] = [
  {
    flags: ['--batching', '--max-batch'],
    beside: CLOSED,
    problem: 'the closed form has no batches',
    cure: 'leave --batching and --max-batch, or --profile, --bound and --format hpdc23, out',
  },
  {
    flags: ['--percentile'],
    beside: ['--format hpdc23'],
    problem: 'the published format has no percentile',
    cure: 'leave one out',
  },
  { flags: ['--qos-ms'], beside: ['--profile'], problem: '--profile was made for a target of its own' },
]

/** Rules of manifests, which are printed instead of the rows and need the images that they start. */
export const EMIT_RULES: readonly FlagRule[] = [
  {
    flags: ['--image', '--server-port', '--router-image'],
    unless: ['--emit'],
    problem: (flag) => `${flag} is for manifests`,
  },
  {
    flags: ['--emit kubernetes'],
    unless: ['--image', '--router-image'],
    problem: '--image and --router-image are missing',
    cure: 'name the image of your servers, and one that has Node and kairos-wasm',
  },
  {
    flags: ['--emit kubernetes', '--emit skypilot'],
    unless: ['--image'],
    problem: '--image is missing',
    cure: 'name the image of your servers',
  },
  {
    flags: ['--emit kubernetes'],
    unless: ['--router-image'],
    problem: '--router-image is missing',
    cure: 'name an image that has Node and kairos-wasm',
  },
  { flags: ['--image', '--server-port'], beside: ['--emit karpenter'] },
  { flags: ['--router-image'], beside: ['--emit skypilot', '--emit karpenter'] },
  { flags: ['--format'], beside: ['--emit'], problem: '--emit has a format of its own' },
]

const FIRST_ROW_RULE: FlagRule = {
  flags: ['--all', '--pareto', '--top-n'],
  beside: ['--emit'],
  unless: ['--svg', '--report', '--verify', '--top-n 1'],
  problem: (flag) => `--emit starts the first row, and ${flag} lists others`,
}

/** Rules of a whole ranking. */
const WHOLE_RULES: readonly FlagRule[] = [
  ...CLOSED_RULES,
  {
    flags: ['--profile'],
    beside: ['--bound fluid'],
    problem: '--profile has no fluid bound',
    cure: 'leave --bound or --profile out',
  },
  {
    flags: ['--target-qps', '--explain'],
    beside: CLOSED,
    problem: '--target-qps and --explain need the fluid bound',
    cure: 'leave --profile, --bound and --format hpdc23 out',
  },
  {
    flags: ['--explain'],
    beside: ['--all', '--pareto', '--target-qps', '--top-n', '--time-limit', '--bound', '--threads'],
  },
  { flags: ['--explain'], beside: ['--format csv', '--format ndjson'], cure: 'ask for table or json' },
  { flags: ['--explain'], beside: ['--svg', '--report', '--emit'], cure: 'leave one of them out' },
  { flags: ['--all'], beside: ['--pareto', '--top-n'] },
  { flags: ['--verify'], beside: CLOSED, problem: '--verify does not go with the closed form' },
  { flags: ['--verify'], beside: ['--all', '--pareto', '--explain', '--format ndjson'] },
  { flags: VERIFICATION, unless: ['--verify'], problem: (flag) => `${flag} is for replays` },
  {
    flags: ['--pareto'],
    beside: CLOSED,
    problem: '--pareto needs the fluid bound',
    cure: 'leave --profile, --bound and --format hpdc23 out',
  },
  {
    flags: ['--all', '--pareto'],
    beside: ['--target-qps'],
    problem: '--target-qps lists the cheapest',
    cure: 'leave --all and --pareto out; --top-n says how many',
  },
  ...EMIT_RULES,
  FIRST_ROW_RULE,
]

/** Rules of one part of a ranking, or of the job that makes all parts. */
const PART_RULES: readonly FlagRule[] = [
  ...CLOSED_RULES,
  {
    flags: [
      ...['--all', '--pareto', '--target-qps', '--spare', '--explain', '--verify', '--time-limit'],
      ...['--profile', '--svg', '--report', '--router-image', '--server-port'],
    ],
    problem: (flag) => `${flag} does not go with parts`,
    cure: 'leave it out; the parts have the best --top-n rows',
  },
  {
    flags: VERIFICATION,
    problem: (flag) => `${flag} is for replays, and parts rank by bounds`,
    cure: 'leave it out',
  },
  { flags: ['--format'], problem: '--format does not go with parts', cure: 'give it to merge' },
  {
    flags: ['--image', '--parallelism'],
    unless: ['--emit'],
    problem: (flag) => `${flag} is for the job of all parts`,
    cure: 'add --emit kubernetes-job',
  },
  {
    flags: EMIT_TARGETS.map((target) => `--emit ${target}`),
    problem: (flag) => `${flag} starts the first row, which no part knows`,
    cure: 'leave it out, or rank without parts',
  },
  {
    flags: ['--shard', '--out', '--threads', '--kernel'],
    beside: ['--emit'],
    problem: (flag) => `--emit prints the job of all parts, and ${flag} is for one`,
  },
  { flags: ['--emit'], unless: ['--shards'], problem: '--emit needs the number of parts' },
  {
    flags: ['--question'],
    beside: [
      ...['--workload', '--model', '--space', '--catalog', '--budget', '--qos-ms', '--percentile'],
      ...['--batching', '--no-batching', '--max-batch', '--bound', '--top-n'],
    ],
    problem: (flag, other) => `${flag} and ${other} say what is ranked`,
  },
]

/** Whether flags ask for a part of a ranking, or for the job that makes all parts. */
export function isOfParts({ emit, shard, shards, question, parallelism }: AllocateFlags): boolean {
  return emit === 'kubernetes-job' || (shard ?? shards ?? question ?? parallelism) !== undefined
}

export function rulesOf(given: AllocateFlags): readonly FlagRule[] {
  return isOfParts(given) ? PART_RULES : WHOLE_RULES
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
