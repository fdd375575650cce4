import { type ServiceError, status } from '@grpc/grpc-js'
import { KairosError } from '../model/errors.ts'
import { batchSender, type SendBatch } from './batch-sender.ts'
import { type ClientTls, call, connect } from './connect.ts'
import { health } from './protocols/health.ts'

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
          throw unreached(addresses[i], error as ServiceError)
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
            throw unreached(addresses[i], error)
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

function unreached(address: string, error: ServiceError): KairosError {
  const problem = `cannot be reached: ${status[error.code]} ${error.details}`
  return new KairosError('SERVER', problem, { field: address }, 'start it, or correct its address', {
    cause: error,
  })
}

function ended(): KairosError {
  return new KairosError('ABORTED', 'the run was ended')
}
