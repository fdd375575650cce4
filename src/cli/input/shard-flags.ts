import { InvalidArgumentError, Option } from 'commander'
import { wholeNumber } from './parse.ts'

/** The most parts of a ranking. */
const MOST_PARTS = 100_000

/** A ranking in parts. */
export const shardFlags = () =>
  [
    new Option('--shard <i/N>', 'rank part i of N, from 0, into --out').argParser(shardOfAtMost(MOST_PARTS)),
    new Option(
      '--shards <count>',
      'number of parts; JOB_COMPLETION_INDEX says which of them to rank',
    ).argParser(wholeNumber(1, MOST_PARTS)),
    new Option('--question <file>', 'question.json of a folder of parts, instead of workload and space'),
    new Option('--parallelism <count>', 'parts of the job at a time (default: all)').argParser(
      wholeNumber(1, MOST_PARTS),
    ),
  ].map((option) => option.helpGroup('In parts:'))

/** A reader of part i of N, written as `i/N` with i from 0. */
export function shardOfAtMost(most: number) {
  return (text: string): { index: number; count: number } => {
    const [index, count] = /^\d+\/\d+$/.test(text) ? text.split('/').map(Number) : [0, 0]
    if (index < count && count <= most) return { index, count }
    const example = 'Expected i/N with i from 0 to N - 1, such as 3/16'
    throw new InvalidArgumentError(count > most ? `${example}, and N of at most ${most}.` : `${example}.`)
  }
}
