/** Whether a server serves requests that come together as one batch. */
import { medianOf } from './client-cost.ts'
import { type Send, timeTogether } from './rounds.ts'

/**
 * The requests of a batch that is tried (n below): many tell a batch from slots, which serve a few at the same time. So
 * the most are several times the slots, and a power of two, as sizes mostly are.
 */
const LEAST_TOGETHER = 4
const mostTogether = (slots: number) => Math.max(16, 2 ** Math.ceil(Math.log2(4 * slots)))
/** Sizes of single requests that are tried. */
const MOST_TRIED = 8
const REPEATS = 5
/** Times may be this many times as long as expected: joining takes time. */
const TOLERANCE = 1.25
/** Below this ratio of time one after another to time as a batch, the two cannot be told apart. */
const TELLING = 1.6

/** Times of requests of a size b, ms. What the client takes is taken off those of single requests. */
interface Times {
  /**
   * n + 1 requests of size b that are sent at the same moment, until the last answer, with the time of the client. A
   * batching server may start the first request alone. The extra request keeps n for the batch; with n in all, two half
   * batches would take as long as one full batch.
   */
  readonly together: number
  /** What the client takes for these. */
  readonly client: number
  /** One request of size b. */
  readonly alone: number
  /** One request of size n b. */
  readonly total: number
}

/**
 * `unknown`: one after another would take about as long as a batch. `clientTooSlow`: the client takes so long to send
 * the requests that slots would serve them meanwhile.
 */
type Untold = 'unknown' | 'clientTooSlow'
/** `parallel`: all at the same time, in more slots than the server is said to have. */
type OtherServing = 'parallel' | Untold
/** `smaller`: as batches, but none of so many items. */
type Serving = 'batch' | 'smaller' | 'one by one' | OtherServing

/**
 * How n + 1 requests at the same moment were served. A server that batches may start with the first one alone, and
 * serve the others as a batch, when all have come. One with slots takes several rounds, in which the client may send.
 *
 * @param slots the most that the server has, if it serves one by one
 */
function servingOf(n: number, slots: number, { together, client, alone, total }: Times): Serving {
  const asBatch = alone + total
  // a batch takes at least as long as one request of its total
  if (together <= client + TOLERANCE * alone && TOLERANCE * together < total) return 'parallel'
  if (n * alone < TELLING * asBatch) return 'unknown'
  const inSlots = Math.ceil((n + 1) / slots) * alone
  const mayBeBatch = together <= TOLERANCE * (client + asBatch)
  const mayBeSlots = TOLERANCE * together >= inSlots
  if (mayBeBatch !== mayBeSlots) return mayBeBatch ? 'batch' : 'one by one'
  if (!mayBeBatch) return 'smaller'
  return inSlots > TOLERANCE * asBatch ? 'clientTooSlow' : 'unknown'
}

/**
 * The largest total that a server serves as one batch: n + 1 requests of size b at the same moment are compared with
 * one of size b and one of size n b, which are sent alone.
 *
 * @param sizes increasing; the result is one of them
 * @param echo sends to a server that answers at once, in the same way: what the client itself takes
 * @returns undefined if it serves one by one; 'parallel' if all at the same time in more slots than `concurrency`;
 *   'unknown' or 'clientTooSlow' if the times do not tell
 */
export async function detectBatching(
  send: Send,
  sizes: readonly number[],
  concurrency: number,
  echo: Send,
): Promise<number | undefined | OtherServing> {
  const largest = sizes[sizes.length - 1]
  const least = Math.max(LEAST_TOGETHER, concurrency)
  const most = mostTogether(concurrency)
  const tried = spread(sizes.filter((size) => size * least <= largest))
  let batched: number | undefined
  let isClientTooSlow = false
  for (const size of tried) {
    const n = Math.min(most, Math.floor(largest / size))
    const serving = servingOf(n, concurrency, await timesOf(send, echo, size, n))
    if (serving === 'parallel') return serving
    if (serving === 'batch') batched = sizes.findLast((bin) => bin <= n * size)
    else if (serving === 'smaller') return batched ?? smallerBatch(send, echo, sizes, size, n)
    else if (serving === 'clientTooSlow') isClientTooSlow = true
    // smaller sizes may be batches where the client was too slow to tell
    else if (serving === 'one by one') return batched ?? (isClientTooSlow ? 'clientTooSlow' : undefined)
  }
  return batched ?? (isClientTooSlow ? 'clientTooSlow' : 'unknown')
}

/**
 * The largest total of a server that batches, but not n requests of a size: fewer are tried, half as many each time.
 */
async function smallerBatch(
  send: Send,
  echo: Send,
  sizes: readonly number[],
  size: number,
  n: number,
): Promise<number | OtherServing> {
  for (let half = n >> 1; half >= LEAST_TOGETHER; half >>= 1) {
    // that it batches is known: whether slots would take as long does not count
    const serving = servingOf(half, 1, await timesOf(send, echo, size, half))
    if (serving === 'batch') return sizes.findLast((bin) => bin <= half * size)!
    if (serving !== 'one by one' && serving !== 'smaller') return serving
  }
  return 'unknown'
}

/** Medians. The server and the echo take turns, so that other work of the machine slows both. */
async function timesOf(send: Send, echo: Send, size: number, n: number): Promise<Times> {
  const asked = { alone: [1, size], total: [1, n * size], together: [n + 1, size] } as const
  const names = ['alone', 'total', 'together'] as const
  const served = { alone: [] as number[], total: [] as number[], together: [] as number[] }
  const echoed = { alone: [] as number[], total: [] as number[], together: [] as number[] }
  // the first round is the warm-up
  for (let i = 0; i <= REPEATS; i++) {
    for (const name of names) {
      const [requests, each] = asked[name]
      const ms = await timeTogether(send, requests, each)
      const echoMs = await timeTogether(echo, requests, each)
      if (i === 0) continue
      served[name].push(ms)
      echoed[name].push(echoMs)
    }
  }
  const net = (name: 'alone' | 'total') => Math.max(0, medianOf(served[name]) - medianOf(echoed[name]))
  return {
    together: medianOf(served.together),
    client: medianOf(echoed.together),
    alone: net('alone'),
    total: net('total'),
  }
}

/** At most `MOST_TRIED` of the sizes, from the first to the last. */
function spread(sizes: readonly number[]): number[] {
  if (sizes.length <= MOST_TRIED) return [...sizes]
  // whole numbers are divided once: a sum of steps would end before the last size
  const last = MOST_TRIED - 1
  return Array.from({ length: MOST_TRIED }, (_, i) => sizes[Math.floor((i * (sizes.length - 1)) / last)])
}
