import type { Counts } from '../../model/fleet/space.ts'
import { rankingCsv } from '../../report/allocation/ranking-csv.ts'
import { rankingJson, rankingNdjson } from '../../report/allocation/ranking-json.ts'
import { rankingTable } from '../../report/allocation/ranking-table.ts'
import { upperboundsJson } from '../../report/allocation/upperbounds.ts'
import type { OutputFlags } from './save.ts'
import { lineRoom, wantsColor } from './terminal.ts'

interface RankingFlags extends OutputFlags {
  readonly topN?: number
  readonly all?: boolean
}

/**
 * Writes a ranking in a format.
 *
 * @param note a line below a table
 * @param publishedValue the bound of a configuration as the published allocator computes it, for its format
 */
export function rankingWriter(
  { format, color, out, topN, all }: RankingFlags,
  note?: string,
  publishedValue?: (counts: Counts) => number,
) {
  switch (format) {
    case 'json':
      return rankingJson
    case 'ndjson':
      return rankingNdjson
    case 'csv':
      return rankingCsv
    case 'hpdc23':
      return upperboundsJson(publishedValue)
    default:
      return rankingTable(wantsColor(color), { topN, all, verify: note, room: lineRoom(out) })
  }
}
