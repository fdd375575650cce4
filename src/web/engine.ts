/** The worker that computes: the engine of kairos-wasm/core, and the readers of files/. */
import {
  budgetFrontier,
  type Counts,
  cheapestConfigurations,
  comparePolicies,
  explainConfiguration,
  KairosError,
  type RankingStream,
  streamRanking,
  useKernel,
} from '../core.ts'
import { readSpace } from '../files/documents/space.ts'
import { readWorkload } from '../files/documents/workload.ts'
import { measuredOf } from '../report/page/measure-page.ts'
import { rankingCsv } from '../report/ranking-csv.ts'
import { rankingJson } from '../report/ranking-json.ts'
import { readDropped } from './dropped.ts'
import { putFile } from './files/open-file.ts'
import type { Answer, EngineCalls, Question, Reply, Request } from './protocol.ts'

/** Tells the page how far a call is. */
export type Progress = (done: number, total: number, text: string) => void

type Calls = {
  [Name in keyof EngineCalls]: (
    input: EngineCalls[Name]['input'],
    progress: Progress,
  ) => EngineCalls[Name]['result'] | Promise<EngineCalls[Name]['result']>
}

const calls: Calls = {
  async start({ kernel, files }) {
    for (const [name, text] of Object.entries(files)) putFile(name, text)
    await useKernel(kernel)
    return null
  },
  async shipped(name) {
    const workload = await readWorkload(name)
    return { workload, space: await readSpace('hpdc23', { knownTypes: workload.latency.types }) }
  },
  read: readDropped,
  rank,
  list,
  async measure({ workload, space, counts, ...request }, progress) {
    const types = space.types.map(({ name }) => name)
    const wide = space.types.some(({ slots = 1 }) => slots > 1)
    const slots = wide ? space.types.map((type) => type.slots ?? 1) : undefined
    const found = await comparePolicies({ workload, types, counts, slots, ...request, onProgress: progress })
    return measuredOf(found)
  },
}

async function rank(question: Question, progress: Progress): Promise<Answer> {
  const { workload, space } = question
  const started = performance.now()
  const { rows: batches, head } = await ranked(question, progress)
  const rows = []
  for await (const batch of batches) rows.push(...batch)
  const elapsedMs = performance.now() - started
  const frontier = await budgetFrontier({ workload, space })
  const counts = question.counts ?? rows[0]?.counts
  return {
    head,
    rows,
    elapsedMs,
    ...(frontier && { frontier }),
    ...(counts &&
      rows.length > 0 && { explanation: explainConfiguration(workload, space, counts as Counts) }),
  }
}

async function ranked(question: Question, progress?: Progress): Promise<RankingStream> {
  const { workload, space, topN, targetQps } = question
  if (targetQps === undefined) {
    const onProgress = progress && ((done: number, total: number) => progress(done, total, 'ranking'))
    return streamRanking({ workload, space, topN, ...(onProgress && { onProgress }) })
  }
  const { rows, ...head } = await cheapestConfigurations({ workload, space, targetQps, topN })
  return {
    head,
    rows: (async function* () {
      if (rows.length > 0) yield rows
    })(),
    isCut: () => false,
  }
}

/** The text of the command line: `kairos allocate --format csv` or json, with --all where all rows are wanted. */
async function list(
  { format, all, ...question }: EngineCalls['list']['input'],
  progress: Progress,
): Promise<string> {
  const { workload, space } = question
  const onProgress = (done: number, total: number) => progress(done, total, 'listing')
  const { head, rows } = all
    ? await streamRanking({
        workload,
        space,
        topN: Number.POSITIVE_INFINITY,
        includeInfeasible: true,
        onProgress,
      })
    : await ranked(question, progress)
  let text = ''
  for await (const chunk of (format === 'csv' ? rankingCsv : rankingJson)(head, rows)) text += chunk
  return text
}

const scope = globalThis as unknown as {
  onmessage: (event: { data: Request }) => void
  postMessage(reply: Reply): void
}

scope.onmessage = async ({ data: { id, name, input } }) => {
  const progress: Progress = (done, total, text) =>
    scope.postMessage({ id, kind: 'progress', done, total, text })
  try {
    const call = calls[name as keyof Calls] as (input: unknown, progress: Progress) => unknown
    scope.postMessage({ id, kind: 'done', result: await call(input, progress) })
  } catch (error) {
    const { message } = error as Error
    const code = error instanceof KairosError ? { code: error.code } : {}
    scope.postMessage({ id, kind: 'failed', failure: { message, ...code } })
  }
}
