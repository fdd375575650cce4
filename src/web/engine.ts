/** The worker that computes: the engine of kairos-wasm/core, and the readers of files/. */
import {
  budgetFrontier,
  type ComparisonProgress,
  cheapestConfigurations,
  comparePolicies,
  explainConfiguration,
  type OnProgress,
  type Ranking,
  rankConfigurations,
  useKernel,
} from '../core.ts'
import { readSpace } from '../files/documents/space.ts'
import { readWorkload } from '../files/documents/workload.ts'
import { slotsOf, typeNames } from '../model/fleet/space.ts'
import { measuredOf } from '../report/page/measure-page.ts'
import type { Question } from '../report/page/question.ts'
import { answerCalls } from './answer-calls.ts'
import { readDropped } from './dropped.ts'
import { putFile } from './files/open-file.ts'
import { shippedPath } from './files/shipped.ts'
import type { Answer, CallProgress, EngineCalls } from './protocol.ts'
import { listsAll } from './state.ts'

/** The most rows that the page keeps where all are asked for. */
const MOST_ROWS = 100_000

answerCalls<EngineCalls>({
  async start({ kernel, files }) {
    for (const [name, text] of Object.entries(files)) putFile(shippedPath(name), text)
    await useKernel(kernel)
    return null
  },
  async shipped(name) {
    const workload = await readWorkload(name)
    return { workload, space: await readSpace('hpdc23', { knownTypes: workload.latency.types }) }
  },
  read: readDropped,
  rank,
  async measure({ workload, space, counts, ...request }, report) {
    const configuration = { types: typeNames(space), counts, slots: slotsOf(space) }
    const onProgress: OnProgress<ComparisonProgress> = ({ policy, ...progress }) =>
      report({ ...progress, text: policy })
    const found = await comparePolicies({ workload, ...configuration, ...request, onProgress })
    return measuredOf(found)
  },
})

async function rank(question: Question, onProgress: OnProgress<CallProgress>): Promise<Answer> {
  const { workload, space } = question
  const started = performance.now()
  const { rows, ...head } = await ranked(question, onProgress)
  const elapsedMs = performance.now() - started
  onProgress({ done: 1, total: 1, text: 'Ranked. Computing what other budgets reach' })
  const frontier = await budgetFrontier({ workload, space })
  const counts = question.counts ?? rows[0]?.counts
  return {
    head,
    rows,
    listed: (listsAll(question) && !question.pareto && head.withinBudget) || rows.length,
    elapsedMs,
    pareto: question.pareto === true && question.targetQps === undefined,
    ...(frontier && { frontier }),
    ...(counts && rows.length > 0 && { explanation: explainConfiguration(workload, space, counts) }),
  }
}

async function ranked(question: Question, report: OnProgress<CallProgress>): Promise<Ranking> {
  const { workload, space, topN, targetQps, spare = 0, pareto = false, all = false } = question
  if (targetQps !== undefined) return cheapestConfigurations({ workload, space, targetQps, spare, topN })
  const onProgress: OnProgress = ({ done, total }) =>
    report({ done, total, text: `${Math.round((100 * done) / total)}% of the space` })
  const rows = topN ?? (pareto ? Infinity : all ? MOST_ROWS : undefined)
  const request = { workload, space, topN: rows, pareto, includeInfeasible: listsAll(question) && !pareto }
  return rankConfigurations({ ...request, onProgress })
}
