import { writeToString } from 'fast-csv'
import type { RankedRows, RankingHeadResult } from './ranking-result.ts'

/** `rank,<a column per type>,cost_per_hour,bound_qps` */
export async function* rankingCsv(head: RankingHeadResult, rows: RankedRows): AsyncGenerator<string> {
  const header = ['rank', ...head.space.types.map((type) => type.name), 'cost_per_hour', 'bound_qps']
  yield await writeToString([header], { includeEndRowDelimiter: true })
  for await (const batch of rows) {
    const lines = batch.map((row) => [row.rank, ...row.counts, row.costPerHour, row.bound])
    yield await writeToString(lines, { includeEndRowDelimiter: true })
  }
}
