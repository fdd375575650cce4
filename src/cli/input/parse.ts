// Parsers of the values of flags, for commander.
import { InvalidArgumentError } from 'commander'
import { parseDecimal } from '../../files/io/decimal.ts'

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = parseDecimal(text.trim())
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value
    const range = most === Number.MAX_SAFE_INTEGER ? `>= ${least}` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`Expected a whole number ${range}.`)
  }
}

export function wholeNumberOr<Word extends string>(
  word: Word,
  least: number,
  most: number,
): (text: string) => number | Word {
  const parse = wholeNumber(least, most)
  return (text) => {
    if (text === word) return word
    try {
      return parse(text)
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message.replace(/\.$/, `, or ${word}.`))
    }
  }
}

/** Different whole numbers separated by commas. */
export function wholeNumbers(least: number, most: number): (text: string) => number[] {
  const parse = wholeNumber(least, most)
  return (text) => {
    const values = text.split(',').map(parse)
    const twice = values.find((value, i) => values.indexOf(value) < i)
    if (twice !== undefined) throw new InvalidArgumentError(`${twice} is named twice.`)
    return values
  }
}

/**
 * Numbers outside this range are taken for a typing error, whatever their unit: at 1e-30 queries per second, arrival
 * times are so large that adding a latency does not change them.
 */
const LEAST = 1e-6
const MOST = 1e12

/** The value, if it is a plausible number > 0. @param expected what to say of other values */
export function plausible(value: number, expected: string): number {
  if (value >= LEAST && value <= MOST) return value
  const range = value > 0 ? ', from 1e-6 to 1e12' : ''
  throw new InvalidArgumentError(`Expected ${expected}${range}.`)
}

/** @param expected a kind of number > 0 */
export function positive(expected: string): (text: string) => number {
  return (text) => plausible(parseDecimal(text.trim()), expected)
}

export function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = parseDecimal(text.trim())
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`)
  }
}

/** A share above 0 and up to 1. */
export function share(text: string): number {
  const value = parseDecimal(text.trim())
  if (value > 0 && value <= 1) return value
  throw new InvalidArgumentError('Expected a share above 0 and up to 1.')
}

/** A percentage from `least` to 100. A share such as 0.99 is taken for a slip. */
export function percent(least: number): (text: string) => number {
  const parse = between(least, 100)
  return (text) => {
    const value = parseDecimal(text.trim())
    if (value < 1 && 100 * value >= least) {
      throw new InvalidArgumentError(
        `It is in percent: did you mean ${Number((100 * value).toPrecision(12))}?`,
      )
    }
    return parse(text)
  }
}

/** Names separated by commas. */
export function names(text: string): string[] {
  const each = text.split(',').map((name) => name.trim())
  if (!each.includes('')) return each
  throw new InvalidArgumentError('Expected names separated by commas.')
}

/** Different names separated by commas. */
export function differentNames(text: string): string[] {
  const each = names(text)
  const twice = each.find((name, i) => each.indexOf(name) < i)
  if (twice === undefined) return each
  throw new InvalidArgumentError(`"${twice}" is named twice.`)
}

/** Words separated by commas, each of them one of `choices`. */
export function listOf<Choice extends string>(choices: readonly Choice[]): (text: string) => Choice[] {
  return (text) =>
    text.split(',').map((word) => {
      const choice = choices.find((candidate) => candidate === word.trim())
      if (choice !== undefined) return choice
      throw new InvalidArgumentError(`Expected ${choices.join(', ')}, separated by commas.`)
    })
}
