import { InvalidArgumentError, Option } from 'commander'
import type { RankingShard } from '../../model/results/ranking-part.ts'
import { wholeNumber } from './parse.ts'

/** A ranking in parts. */
export const shardFlags = () =>
  [
    new Option('--shard <i/N>', 'rank part i of N, from 0, into --out').argParser(parseShard),
    new Option(
      '--shards <count>',
      'number of parts; JOB_COMPLETION_INDEX says which of them to rank',
    ).argParser(wholeNumber(1, 100_000)),
    new Option('--question <file>', 'question.json of a folder of parts, instead of workload and space'),
    new Option('--parallelism <count>', 'parts of the job at a time (default: all)').argParser(
      wholeNumber(1, 100_000),
    ),
  ].map((option) => option.helpGroup('In parts:'))

function parseShard(text: string): RankingShard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (index !== undefined && Number(index) < Number(count)) {
    return { index: Number(index), count: Number(count) }
  }
  throw new InvalidArgumentError('Expected i/N with i from 0 to N - 1, such as 3/16.')
}
