/** Merging the parts of a ranking. */
import { mergeParts, rankingQuestion, rankShard } from '../../src/allocate/shards.ts'
import { readFolderQuestion, readParts, writePart } from '../../src/files/documents/parts.ts'
import { readSpace, readWorkload } from '../../src/index.ts'
import { type Figure, medianAndSpread, type SuiteResult } from '../measure.ts'
import { withFolder } from '../temporary-folder.ts'

const PARTS = 1_000
const ROWS = 1_000

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const [workload, space] = await Promise.all([readWorkload('rm2'), readSpace('hpdc23')])
  // a larger space, of which most parts have more feasible configurations than are kept
  const types = space.types.map((type) => ({ ...type, max: 2 * type.max + 12 }))
  const question = rankingQuestion({ workload, space: { types, budgetPerHour: 100 }, topN: ROWS })
  const { rows, merges } = await withFolder(async (folder) => {
    let rows = 0
    for (let index = 0; index < PARTS; index++) {
      const part = await rankShard(question, { index, count: PARTS }, { threads: 1 })
      rows += part.bound.length
      await writePart(folder, question, part)
    }
    const merges: number[] = []
    for (let i = 0; i < 5; i++) {
      const started = performance.now()
      await mergeParts(await readFolderQuestion(folder), readParts(folder))
      merges.push(performance.now() - started)
    }
    return { rows, merges }
  })
  const { median, spread } = medianAndSpread(merges)
  print(`merge of ${PARTS} parts with ${rows} rows: ${median.toFixed(0)} ms\n`)
  const what = 'merge of 1,000 parts of at most 1,000 rows'
  const figure: Figure = { what, value: median / 1000, spread, unit: 's', goal: { atMost: 1 } }
  return { suite: 'parts', timings: [], figures: [figure] }
}
