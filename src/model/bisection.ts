/** A rate that holds, and a larger one that does not. */
interface RateBracket {
  readonly low: number
  readonly high: number
}

/**
 * Narrows a bracket of rates until `high / low` is at most `precision`: yields the geometric mean as the next rate to
 * try, and takes whether it holds by `next()`. A generator, so that trials may be synchronous or asynchronous.
 */
export function* bisectRates(
  low: number,
  high: number,
  precision: number,
): Generator<number, RateBracket, boolean> {
  let bracket = { low, high }
  while (bracket.high / bracket.low > precision) {
    const middle = Math.sqrt(bracket.low * bracket.high)
    bracket = (yield middle) ? { ...bracket, low: middle } : { ...bracket, high: middle }
  }
  return bracket
}
