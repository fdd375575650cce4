import type { Command } from 'commander'
import { mergeRanking } from '../../allocate/shards.ts'
import { readFolderQuestion, readParts } from '../../files/documents/parts.ts'
import { counted } from '../../model/counted.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { elapsedText } from '../output/elapsed.ts'
import { tellInfeasible } from '../output/infeasible.ts'
import { rankingWriter } from '../output/ranking.ts'
import { RESULT_FILES } from '../output/result-files.ts'
import { type OutputFlags, showAndSave } from '../output/save.ts'
import { tell } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm allocate --shard 0/2 --out parts && kairos-wasm allocate --shard 1/2 --out parts && kairos-wasm merge parts
                                                   the ranking of both parts
  kairos-wasm merge parts --format json            the same bytes as allocate --format json

The parts may come from different machines. The result does not depend on their number. Parts of another question or
version are refused, and a missing part is named.`

export function define(command: Command): void {
  flags.addFlags(
    command.argument('<folder>', 'the folder of the parts'),
    flags.format('table', 'json', 'csv', 'ndjson'),
    flags.out(),
    flags.common(),
  )
  runWith(command, merge)
}

async function merge(
  given: OutputFlags<'table' | 'json' | 'csv' | 'ndjson'>,
  config: string,
  [folder]: readonly unknown[],
): Promise<void> {
  const started = performance.now()
  const path = folder as string
  const { head, rows } = await mergeRanking(await readFolderQuestion(path), readParts(path))
  const chunks = rankingWriter(given)(head, rows)
  await showAndSave(chunks, given, RESULT_FILES.ranking[given.format], config)
  tell(given.quiet, `${counted(head.considered, 'configuration')}, merged ${elapsedText(started)}`)
  if (head.infeasible) tellInfeasible(head.infeasible.message, given.format === 'table')
}
