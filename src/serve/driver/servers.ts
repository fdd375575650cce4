import { status } from '@grpc/grpc-js'
import { KairosError } from '../../model/errors.ts'
import { describeError } from '../grpc/connect.ts'
import type { ClientTls } from '../grpc/tls.ts'
import type { CallFailure, SendBatch, Sender } from './batch-sender.ts'
import { openSender } from './sender.ts'

/** Connections to a list of servers, in its order. */
export interface Servers {
  readonly send: readonly SendBatch[]
  close(): void
}

export interface ServersOptions {
  /** The model in the Open Inference Protocol; absent: the published protocol. */
  readonly model?: string | undefined
  readonly tls?: ClientTls | undefined
  readonly signal?: AbortSignal | undefined
}

/** Time limit for the first answer of a server, ms. */
const REACH_MS = 5_000

/** Calls to each server before the run: they open the connections and warm up the code on both sides. */
const WARM_UP_ROUNDS = 20

/** Connects to all servers. @throws KairosError SERVER; the reason of an aborted signal */
export async function openServers(
  addresses: readonly string[],
  { model, tls, signal }: ServersOptions,
): Promise<Servers> {
  const senders: Sender[] = []
  const close = () => {
    for (const sender of senders) sender.close()
  }
  try {
    const opened = await Promise.allSettled(
      addresses.map((address) => openSender(address, { model, tls, timeoutMs: REACH_MS })),
    )
    for (const one of opened) if (one.status === 'fulfilled') senders.push(one.value)
    for (const [i, one] of opened.entries()) {
      if (one.status === 'fulfilled') continue
      if (one.reason instanceof KairosError) throw one.reason
      throw unreachable(addresses[i], one.reason as CallFailure, model)
    }
    for (let round = 0; round < WARM_UP_ROUNDS; round++) {
      signal?.throwIfAborted()
      await Promise.all(
        senders.map((sender, i) =>
          sender.ping().catch((error: CallFailure) => {
            throw unreachable(addresses[i], error, model)
          }),
        ),
      )
    }
    return { send: senders.map(({ send }) => send), close }
  } catch (error) {
    close()
    throw error
  }
}

/** Statuses with which a server that was reached refuses a request. */
const REFUSALS: readonly number[] = [
  status.INVALID_ARGUMENT,
  status.OUT_OF_RANGE,
  status.FAILED_PRECONDITION,
  status.RESOURCE_EXHAUSTED,
  status.NOT_FOUND,
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
]

/** The error for a server that does not answer as it should, with the likely cure. */
export function unreachable(address: string, error: CallFailure, model: string | undefined): KairosError {
  const { problem, cure } = diagnose(error, model)
  return new KairosError('SERVER', `${problem}: ${describeError(error)}`, { field: address }, cure, {
    cause: error,
  })
}

function diagnose({ code }: CallFailure, model: string | undefined): { problem: string; cure: string } {
  if (model !== undefined && code === status.NOT_FOUND) {
    return { problem: `has no model "${model}"`, cure: 'name one that it serves' }
  }
  if (model !== undefined && code === status.UNIMPLEMENTED) {
    const cure = 'leave the model out if it speaks the protocol of the published scripts'
    return { problem: 'does not speak the Open Inference Protocol', cure }
  }
  if (model === undefined && code === status.UNIMPLEMENTED) {
    const cure = 'name its model if it speaks the Open Inference Protocol'
    return { problem: 'does not speak the protocol of the published scripts', cure }
  }
  if (REFUSALS.includes(code)) return { problem: 'refuses the request', cure: 'send what it asks for' }
  const cure = 'start it, correct its address, or check its certificates if it uses TLS'
  return { problem: 'cannot be reached', cure }
}
