import { InvalidArgumentError } from 'commander'

const MOST_SIZES = 10_000
const EXPECTED = 'Expected whole numbers and ranges, such as 1,2,10-100/10 or 1-256/2%.'

/**
 * Batch sizes as a list: 10,20,40-100/10 -> 10, 20, 40, 50, ..., 100. A range in steps of a percentage has every size
 * to which a smaller one is rounded up by no more than that: 1-256/2% -> 1, 2, ..., 50, 51, 53, ..., 256.
 */
export function sizesOf(text: string): number[] {
  const sizes = text.split(',').flatMap((part) => {
    const [, from, to, step, percent] = /^(\d+)(?:-(\d+)(?:\/(\d+(?:\.\d+)?)(%?))?)?$/.exec(part.trim()) ?? []
    if (from === undefined) throw new InvalidArgumentError(EXPECTED)
    const [first, last] = [Number(from), Number(to ?? from)]
    const number = Number(step ?? 1)
    if (last < first)
      throw new InvalidArgumentError(`The range ${from}-${to} runs backwards: write ${to}-${from}.`)
    if (number === 0 || (percent === '' && !Number.isInteger(number)))
      throw new InvalidArgumentError(EXPECTED)
    const next = (size: number) =>
      percent === '%' ? Math.floor((size + 1) * (1 + number / 100)) : size + number
    const range: number[] = []
    for (let size = first; size <= last; size = next(size)) {
      range.push(size)
      if (range.length > MOST_SIZES) throw new InvalidArgumentError('Expected at most 10,000 sizes.')
    }
    if (percent === '%') range.push(last)
    return range
  })
  return [...new Set(sizes)].sort((a, b) => a - b)
}
