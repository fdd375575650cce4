import { type ServiceError, status } from '@grpc/grpc-js'
import { KairosError } from '../../model/errors.ts'
import { call, connect, describeError } from '../grpc/connect.ts'
import type { ClientTls } from '../grpc/tls.ts'
import { health } from '../protocols/health.ts'
import { batchSender, type SendBatch } from './batch-sender.ts'

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

/** Connects to all servers. @throws KairosError SERVER; ABORTED */
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
          throw unreachable(addresses[i], error as ServiceError, model)
        }),
      ),
    )
    for (let round = 0; round < WARM_UP_ROUNDS; round++) {
      if (signal?.aborted) throw new KairosError('ABORTED', 'the run was aborted')
      await Promise.all(
        clients.map((client, i) =>
          call(client, health.Check, { service: '' }, options).catch((error: ServiceError) => {
            // answers of a server without the health protocol
            if (error.code === status.UNIMPLEMENTED || error.code === status.NOT_FOUND) return
            throw unreachable(addresses[i], error, model)
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

/** The error for a server that does not answer as it should, with the likely cure. */
export function unreachable(address: string, error: ServiceError, model: string | undefined): KairosError {
  const { problem, cure } = diagnose(error, model)
  return new KairosError('SERVER', `${problem}: ${describeError(error)}`, { field: address }, cure, {
    cause: error,
  })
}

function diagnose({ code }: ServiceError, model: string | undefined): { problem: string; cure: string } {
  if (model !== undefined && code === status.NOT_FOUND) {
    return { problem: `has no model "${model}"`, cure: 'name one that it serves' }
  }
  if (model !== undefined && code === status.UNIMPLEMENTED) {
    const cure = 'leave the model out if it speaks the protocol of the published scripts'
    return { problem: 'does not speak the Open Inference Protocol', cure }
  }
  const cure = 'start it, correct its address, or check its certificates if it uses TLS'
  return { problem: 'cannot be reached', cure }
}
