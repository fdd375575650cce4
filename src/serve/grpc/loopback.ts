import { setTimeout } from 'node:timers/promises'
import { openChannel } from './client/channel.ts'
import { CallFailure } from './client/remote-method.ts'
import { listen } from './listen.ts'
import { unaryBytes } from './server/unary.ts'

const PATH = '/kairos.Loopback/Measure'
const TIMEOUT_MS = 5_000

interface LoopbackCalls {
  /** Calls that do not count. */
  readonly warmUp: number
  readonly calls: number
  /** Pause before each call that counts, ms. */
  readonly pauseMs?: number
}

/** The times of calls that do nothing, from this process to itself, ms, in increasing order. @throws CallFailure */
export async function timeLoopback({ warmUp, calls, pauseMs }: LoopbackCalls): Promise<number[]> {
  const { address, close } = await listen(
    new Map([[PATH, unaryBytes((call, request) => void call.finish(request))]]),
  )
  const channel = openChannel(address, { maxMessageBytes: 1_024 })
  const asked = { path: PATH, message: Buffer.alloc(100), timeoutMs: TIMEOUT_MS }
  const samplesMs: number[] = []
  try {
    for (let i = -warmUp; i < calls; i++) {
      if (i >= 0 && pauseMs !== undefined) await setTimeout(pauseMs)
      const startMs = performance.now()
      await new Promise<void>((resolve, reject) => {
        channel.call(asked, (result) =>
          result.kind === 'error' ? reject(new CallFailure(result)) : resolve(),
        )
      })
      if (i >= 0) samplesMs.push(performance.now() - startMs)
    }
  } finally {
    channel.close()
    await close(0)
  }
  return samplesMs.sort((a, b) => a - b)
}
