/** Merging the parts of a ranking. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mergeParts, rankingQuestion, rankShard } from '../../src/allocate/shards.ts'
import { readFolderQuestion, readParts, writePart } from '../../src/files/documents/parts.ts'
import { readSpace, readWorkload } from '../../src/index.ts'
import type { SuiteResult } from '../measure.ts'

const PARTS = 1_000
const ROWS = 1_000

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const [workload, space] = await Promise.all([readWorkload('rm2'), readSpace('hpdc23')])
  // a larger space, of which every part has enough feasible configurations
  const types = space.types.map((type) => ({ ...type, max: 2 * type.max + 12 }))
  const question = rankingQuestion({ workload, space: { types, budgetPerHour: 100 }, topN: ROWS })
  const folder = await mkdtemp(join(tmpdir(), 'kairos-bench-'))
  try {
    let rows = 0
    for (let index = 0; index < PARTS; index++) {
      const part = await rankShard(question, { index, count: PARTS }, { threads: 1 })
      rows += part.bound.length
      await writePart(folder, question, part)
    }
    const timesMs: number[] = []
    for (let i = 0; i < 5; i++) {
      const started = performance.now()
      await mergeParts(await readFolderQuestion(folder), readParts(folder))
      timesMs.push(performance.now() - started)
    }
    const medianMs = timesMs.sort((a, b) => a - b)[2]
    print(`merge of ${PARTS} parts with ${rows} rows: ${medianMs.toFixed(0)} ms\n`)
    const figure = { what: 'merge of 1,000 parts of 1,000 rows', value: medianMs / 1000, unit: 's' }
    return { suite: 'parts', timings: [], figures: [{ ...figure, goal: { atMost: 1 } }] }
  } finally {
    await rm(folder, { recursive: true })
  }
}
