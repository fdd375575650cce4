import { type Client, status } from '@grpc/grpc-js'
import type { Trace } from '../../src/model/trace/trace.ts'
import { startPacer } from '../../src/serve/driver/pacer.ts'
import type { Unary } from '../../src/serve/grpc/method.ts'
import { clockMs } from '../../src/serve/machine-clock.ts'
import { scheduler } from '../../src/serve/protocols/scheduler.ts'
import { ask, call, connect } from '../../test/serve/grpc-js-client.ts'
import { raw } from '../../test/serve/raw-method.ts'

export interface Sent {
  readonly atMs: number
  latencyMs: number
  code: status
  answers: number
}

/** How many were answered, and how many of these in time. */
export function countAnswers(sent: readonly Sent[], qosMs: number): { answered: number; inTime: number } {
  const answered = sent.filter(({ code }) => code === status.OK)
  const inTime = answered.filter(({ latencyMs }) => latencyMs <= qosMs)
  return { answered: answered.length, inTime: inTime.length }
}

/** How a batch is asked for. */
export interface Asked {
  readonly method: Unary<Buffer, Buffer>
  /** The encoded request of a batch, and of a query by its number. */
  request(batch: number, query: number): Buffer
  answered?(query: number, answer: Buffer): void
}

const JOB: Asked = {
  method: raw(scheduler.Serve),
  request: (batch) => scheduler.Serve.requestSerialize({ batch, qWait: 0 }),
}

/** Sends a trace, open loop, without retries; in the published protocol unless asked otherwise. */
export async function openLoop(
  address: string,
  { arrivalMs, batchSize }: Pick<Trace, 'arrivalMs' | 'batchSize'>,
  deadlineMs: number,
  asked: Asked = JOB,
): Promise<Sent[]> {
  const client: Client = connect(address)
  await call(client, asked.method, asked.request(10, 0))
  const sent: Sent[] = []
  let open = 0
  const startMs = clockMs() + 50
  await new Promise<void>((resolve, reject) => {
    const send = (due: number) => {
      while (sent.length < due) {
        const query = sent.length
        const one: Sent = { atMs: arrivalMs[query], latencyMs: 0, code: status.OK, answers: 0 }
        open++
        const request = asked.request(Math.ceil(batchSize[query]), query)
        ask(client, asked.method, request, { timeoutMs: deadlineMs }, (error, answer) => {
          one.answers++
          one.latencyMs = clockMs() - startMs - one.atMs
          one.code = error?.code ?? status.OK
          if (answer) asked.answered?.(query, answer)
          if (--open === 0 && sent.length === arrivalMs.length) resolve()
        })
        sent.push(one)
      }
    }
    startPacer(arrivalMs, startMs, send, reject).catch(reject)
  })
  client.close()
  return sent
}
