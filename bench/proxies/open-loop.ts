import { type Client, status } from '@grpc/grpc-js'
import type { Trace } from '../../src/model/trace.ts'
import { clockMs } from '../../src/serve/driver/clock.ts'
import { startPacer } from '../../src/serve/driver/pacer.ts'
import { ask, call, connect } from '../../src/serve/grpc/connect.ts'
import { scheduler } from '../../src/serve/protocols/scheduler.ts'

export interface Sent {
  readonly atMs: number
  latencyMs: number
  code: status
  answers: number
}

/** Sends a trace, open loop, without retries. */
export async function openLoop(
  address: string,
  { arrivalMs, batchSize }: Trace,
  deadlineMs: number,
): Promise<Sent[]> {
  const client: Client = connect(address)
  await call(client, scheduler.Serve, { batch: 10, qWait: 0 })
  const sent: Sent[] = []
  let open = 0
  const startMs = clockMs() + 50
  await new Promise<void>((resolve) => {
    startPacer(arrivalMs, startMs, (due) => {
      while (sent.length < due) {
        const one: Sent = { atMs: arrivalMs[sent.length], latencyMs: 0, code: status.OK, answers: 0 }
        open++
        const request = { batch: Math.ceil(batchSize[sent.length]), qWait: 0 }
        ask(client, scheduler.Serve, request, { timeoutMs: deadlineMs }, (error) => {
          one.answers++
          one.latencyMs = clockMs() - startMs - one.atMs
          one.code = error?.code ?? status.OK
          if (--open === 0 && sent.length === arrivalMs.length) resolve()
        })
        sent.push(one)
      }
    })
  })
  client.close()
  return sent
}
