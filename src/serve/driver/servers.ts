import { type ServiceError, status } from '@grpc/grpc-js'
import { KairosError } from '../../model/errors.ts'
import { type ClientTls, call, connect, wordsOf } from '../grpc/connect.ts'
import { health } from '../protocols/health.ts'
import { batchSender, type SendBatch } from './batch-sender.ts'

/** Connections to a list of servers, in its order. */
export interface Servers {
  readonly send: readonly SendBatch[]
  close(): void
}

export interface ServersOptions {
  /** The model to ask by the Open Inference Protocol; absent: the published protocol. */
  readonly model?: string | undefined
  readonly tls?: ClientTls | undefined
  readonly signal?: AbortSignal | undefined
}

/** How long a server may take to be reached, ms. */
const REACH_MS = 5_000

/** Calls before the first one that counts: connections and the code of both sides are then warm. */
const ROUNDS = 20

/** Connects to all of them, so that the first query does not wait for it. @throws KairosError SERVER; ABORTED */
export async function openServers(
  addresses: readonly string[],
  { model, tls, signal }: ServersOptions,
): Promise<Servers> {
  const clients = addresses.map((address) => connect(address, { tls }))
  const close = () => {
    for (const client of clients) client.close()
  }
  const options = { timeoutMs: REACH_MS }
  try {
    const send = await Promise.all(
      clients.map((client, i) =>
        batchSender(client, model, options).catch((error: unknown) => {
          if (error instanceof KairosError) throw error
          throw unreached(addresses[i], error as ServiceError, model)
        }),
      ),
    )
    for (let round = 0; round < ROUNDS; round++) {
      if (signal?.aborted) throw ended()
      await Promise.all(
        clients.map((client, i) =>
          call(client, health.Check, { service: '' }, options).catch((error: ServiceError) => {
            // a server without the health protocol says so, and is there
            if (error.code === status.UNIMPLEMENTED || error.code === status.NOT_FOUND) return
            throw unreached(addresses[i], error, model)
          }),
        ),
      )
    }
    return { send, close }
  } catch (error) {
    close()
    throw error
  }
}

/** What keeps a server from being asked, and what may help. */
export function unreached(address: string, error: ServiceError, model: string | undefined): KairosError {
  const { problem, cure } = troubleOf(error, model)
  return new KairosError('SERVER', `${problem}: ${wordsOf(error)}`, { field: address }, cure, {
    cause: error,
  })
}

function troubleOf({ code }: ServiceError, model: string | undefined): { problem: string; cure: string } {
  if (model !== undefined && code === status.NOT_FOUND) {
    return { problem: `has no model "${model}"`, cure: 'name one that it serves' }
  }
  if (model !== undefined && code === status.UNIMPLEMENTED) {
    const cure = 'name no model, if it speaks the protocol of the published scripts'
    return { problem: 'does not speak the Open Inference Protocol', cure }
  }
  const cure = 'start it, correct its address, or see to its certificates if it is reached by TLS'
  return { problem: 'cannot be reached', cure }
}

function ended(): KairosError {
  return new KairosError('ABORTED', 'the run was ended')
}
