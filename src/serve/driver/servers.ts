import { KairosError } from '../../model/errors.ts'
import type { CallFailure } from '../grpc/client/remote-method.ts'
import type { Sender } from './batch-sender.ts'
import { openSender, type SenderOptions } from './sender.ts'
import { serverError } from './server-error.ts'

/** Time limit for the first answer of a server, ms. */
const REACH_MS = 5_000

/** Calls to each server before the run: they open the connections and warm up the code on both sides. */
const WARM_UP_ROUNDS = 20

/** Connects to all servers, in their order. @throws KairosError SERVER; the reason of an aborted signal */
export async function openServers(
  addresses: readonly string[],
  { model, tls, signal }: Pick<SenderOptions, 'model' | 'tls' | 'signal'>,
) {
  const senders: Sender[] = []
  const close = () => {
    for (const sender of senders) sender.close()
  }
  try {
    const opened = await Promise.allSettled(
      addresses.map((address) => openSender(address, { model, tls, timeoutMs: REACH_MS, signal })),
    )
    for (const one of opened) if (one.status === 'fulfilled') senders.push(one.value)
    signal?.throwIfAborted()
    for (const [i, one] of opened.entries()) {
      if (one.status === 'fulfilled') continue
      if (one.reason instanceof KairosError) throw one.reason
      throw serverError(addresses[i], one.reason as CallFailure, model)
    }
    for (let round = 0; round < WARM_UP_ROUNDS; round++) {
      signal?.throwIfAborted()
      await Promise.all(
        senders.map((sender, i) =>
          sender.ping().catch((error: CallFailure) => {
            signal?.throwIfAborted()
            throw serverError(addresses[i], error, model)
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
