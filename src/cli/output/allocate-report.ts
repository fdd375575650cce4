import { budgetFrontier } from '../../allocate/budget-frontier.ts'
import { explainConfiguration } from '../../allocate/explain.ts'
import type { Space } from '../../model/fleet/space.ts'
import type { RankingHead } from '../../model/results/ranking.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { DEFAULT_ROWS, plainWorkload } from '../../report/page/question.ts'
import type { RankingAnswer } from '../../report/page/ranking-page.ts'
import { rankingPage } from '../../report/page/ranking-page.ts'
import type { AllocateFlags } from '../input/allocate-flags.ts'
import type { FoundRows } from './row-keeper.ts'
import type { AskedPage } from './save.ts'

/** The page of a ranking: its rows, the frontier, and the explanation of the best row. */
export async function allocateReport(
  given: Pick<AllocateFlags, 'topN' | 'kernel' | 'targetQps' | 'spare' | 'pareto' | 'all'>,
  { workload, space, ...found }: FoundRows & { workload: Workload; space: Space; head: RankingHead },
): Promise<AskedPage> {
  const { kernel, targetQps, spare, pareto = false, all } = given
  const topN = given.topN ?? (pareto || all ? undefined : DEFAULT_ROWS)
  const [best] = found.rows
  const isFluid = found.head.bound === 'fluid'
  const frontier = isFluid ? await budgetFrontier({ workload, space, kernel }) : undefined
  const answer: RankingAnswer = {
    ...found,
    pareto,
    frontier,
    ...(best && isFluid && { explanation: explainConfiguration(workload, space, best.counts, kernel) }),
  }
  const asked = { space, topN, targetQps, spare, pareto, all }
  const input = { workload: plainWorkload(workload), ...asked, live: true }
  return { page: rankingPage(answer), input: isFluid ? input : undefined }
}
