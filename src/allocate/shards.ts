/**
 * A ranking in parts, which different machines compute. Each part has the best rows of a contiguous range of the
 * lattice, and every row of the whole ranking is a row of one part. Parts are merged in the same total order as the
 * ranges of threads: the result does not depend on the number of parts.
 */
import type { Selection } from '../kernel/contract.ts'
import { engineDigest } from '../kernel/load.ts'
import { checkGiven, checkWhole, type OptionNames, valueText } from '../model/checks.ts'
import { digestOf } from '../model/digest.ts'
import { refuseModel, refuseUsage } from '../model/errors.ts'
import { sizeOf } from '../model/fleet/space.ts'
import { allRows, type Ranking, type RankingStream } from '../model/results/ranking.ts'
import {
  checkRankingPart,
  MOST_PARTS,
  type RankingPart,
  type RankingQuestion,
  type RankingShard,
} from '../model/results/ranking-part.ts'
import { summaryOf } from '../model/workload/workload.ts'
import { infeasibleOf, questionOf, type RankRequest, rowsOf, selectionQuery } from './rank.ts'
import { EMPTY, mergeSelections, partOf, selectBest } from './select/enumerate.ts'
import { latticeSize } from './select/lattice.ts'
import { pieceOf } from './select/ranges.ts'

/** The most rows of a part. */
const MOST_ROWS = 2 ** 20

/** Missing parts that an error names. */
const MOST_NAMED = 10

/** A request whose ranking can be computed in parts. The closed form derives its profile from the workload. */
export type ShardedRequest = Omit<
  RankRequest,
  'profile' | 'includeInfeasible' | 'pareto' | 'timeLimitMs' | 'stop' | 'signal' | 'onProgress' | 'threads'
>

const OPTIONS: OptionNames<ShardedRequest> = {
  workload: true,
  space: true,
  bound: true,
  topN: true,
  ties: true,
  kernel: true,
}

/** The question of a request, which the parts of its ranking share. @throws KairosError as `rankConfigurations` */
export function rankingQuestion(request: ShardedRequest): RankingQuestion {
  checkGiven(request, OPTIONS)
  const { workload, space, bound, topN, byCost } = checkedQuestion(request)
  return { engine: engineDigest(), workload, space, bound, topN, ties: byCost ? 'cost' : 'counts' }
}

/** The request of a question, with its defaults. @throws KairosError as `rankConfigurations` */
function checkedQuestion(request: ShardedRequest, setting: ShardSetting = {}) {
  const own = questionOf({ ...request, ...setting })
  checkWhole('topN', own.topN, 1, MOST_ROWS)
  return own
}

/** How a part runs. */
export type ShardSetting = Pick<RankRequest, 'kernel' | 'threads' | 'signal' | 'onProgress'>

const SETTINGS: OptionNames<ShardSetting> = { kernel: true, threads: true, signal: true, onProgress: true }

/**
 * Ranks one part of the lattice. Spaces of any size are enumerated.
 *
 * @throws KairosError as `rankConfigurations`; BAD_USAGE for a part that does not exist
 */
export async function rankShard(
  question: RankingQuestion,
  shard: RankingShard,
  setting: ShardSetting = {},
): Promise<RankingPart> {
  checkGiven(setting, SETTINGS)
  checkEngine(question)
  const { index, count } = shard ?? {}
  checkWhole('shards', count, 1, MOST_PARTS)
  checkWhole('shard', index, 0, count - 1)
  const own = checkedQuestion(question, setting)
  const range = pieceOf({ from: 0, to: latticeSize(question.space) }, count, index)
  const total = range.to - range.from
  const select = () =>
    selectBest(partOf(selectionQuery(own, Math.min(own.topN, total)), range), {
      ...own.setting,
      onExamined: (done) => setting.onProgress?.({ done, total }),
    })
  const { withinBudget, feasible, bound, cost, number } = total > 0 ? await select() : EMPTY
  return {
    question: digestOf(question),
    shard: { index, count },
    withinBudget,
    feasible,
    bound,
    cost,
    number,
  }
}

/**
 * The ranking of all parts. For spaces that one process enumerates, it is the same.
 *
 * @throws KairosError BAD_MODEL for a part of another question, for parts of rankings in different numbers of parts,
 *   and for a part that is missing or given twice; BAD_USAGE for parts of another version
 */
export async function mergeRanking(
  question: RankingQuestion,
  parts: Iterable<RankingPart> | AsyncIterable<RankingPart>,
): Promise<RankingStream> {
  checkEngine(question)
  const own = checkedQuestion(question)
  const { workload, space, bound, topN, byCost } = own
  const digest = digestOf(question)
  const seen = new Set<number>()
  let best: Selection | undefined
  let count = 0
  if (!isList(parts)) refuse(`is ${valueText(parts)}`, PARTS_EXPECTED)
  for await (const part of parts) {
    checkPart(part, digest, count, seen)
    count = part.shard.count
    seen.add(part.shard.index)
    best = best ? mergeSelections(best, part, topN, byCost) : part
  }
  if (best === undefined) refuse('there are no parts', 'rank the parts first, with allocate --shard')
  const missing = Array.from({ length: count }, (_, i) => i).filter((i) => !seen.has(i))
  if (missing.length > 0) {
    const named = missing.slice(0, MOST_NAMED).join(', ')
    const others = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} others` : ''
    const isOne = missing.length === 1
    refuse(
      isOne ? `part ${named} of ${count} is missing` : `parts ${named}${others} of ${count} are missing`,
      `rank ${isOne ? 'it' : 'them'} with allocate --shard`,
    )
  }
  const { withinBudget, feasible } = best
  return {
    head: {
      workload: summaryOf(workload),
      space,
      bound,
      considered: sizeOf(space),
      withinBudget,
      feasible,
      ...(feasible === 0 && { infeasible: infeasibleOf(own) }),
    },
    ...rowsOf(own, best, feasible, topN, () => Promise.reject(new Error('all rows are known'))),
  }
}

/** The ranking of all parts, with its rows in memory. */
export async function mergeParts(
  question: RankingQuestion,
  parts: Iterable<RankingPart> | AsyncIterable<RankingPart>,
): Promise<Ranking> {
  const { head, rows } = await mergeRanking(question, parts)
  return { ...head, rows: await allRows(rows) }
}

const PARTS_EXPECTED = 'a list of what rankShard returns is expected'

function isList(parts: Iterable<unknown> | AsyncIterable<unknown>): boolean {
  return (
    typeof parts === 'object' && parts !== null && (Symbol.iterator in parts || Symbol.asyncIterator in parts)
  )
}

function checkPart(part: RankingPart, digest: string, count: number, seen: Set<number>): void {
  checkRankingPart(part)
  const { question, shard } = part
  const name = `part ${valueText(shard.index)} of ${valueText(shard.count)}`
  if (question !== digest) {
    const cure = 'merge the parts of one ranking, in a folder of their own'
    refuse(`${name} is of another question: other input, or another version`, cure)
  }
  if (count > 0 && shard.count !== count) {
    refuse(`${name} is of another cut: there are parts of ${count}`, 'remove the parts of one of the two')
  }
  if (seen.has(shard.index)) refuse(`${name} is given twice`, 'remove one of them')
}

function checkEngine(question: RankingQuestion): void {
  if (typeof question !== 'object' || question === null) {
    refuseUsage('question', `is ${valueText(question)}`, 'what rankingQuestion returns is expected')
  }
  if (question.engine === engineDigest()) return
  const cure = 'use one version for all parts and for the merge'
  refuseUsage('question', 'is of another version of kairos-wasm', cure)
}

function refuse(problem: string, cure: string): never {
  refuseModel('parts', problem, cure)
}
