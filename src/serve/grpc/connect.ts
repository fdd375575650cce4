import {
  ChannelCredentials,
  Client,
  type ClientUnaryCall,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { KairosError } from '../../model/errors.ts'
import type { Unary } from '../protocols/package.ts'

/** How to trust a server and be trusted by it: everything as the bytes of PEM files. */
export interface ClientTls {
  /** Who signed the server's certificate; those of the system unless given. */
  readonly ca?: Buffer | undefined
  /** What this client shows, where servers ask for it. */
  readonly key?: Buffer | undefined
  readonly cert?: Buffer | undefined
  /** The name that the certificate has to have, where it is not the address. */
  readonly serverName?: string | undefined
}

export interface ConnectOptions {
  readonly tls?: ClientTls | undefined
  /** Largest message in either direction, bytes; a gibibyte unless given: servers have limits of their own. */
  readonly maxMessageBytes?: number | undefined
}

const MAX_MESSAGE_BYTES = 2 ** 30

/** A client of one server, on a connection of its own. It connects when it is first used. */
export function connect(address: string, { tls, maxMessageBytes }: ConnectOptions = {}): Client {
  return new Client(address, credentialsOf(tls), {
    'grpc.max_receive_message_length': maxMessageBytes ?? MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': maxMessageBytes ?? MAX_MESSAGE_BYTES,
    // retrying is the router's decision, and a proxy of the environment must not stand before a fleet
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
    ...(tls?.serverName !== undefined && { 'grpc.ssl_target_name_override': tls.serverName }),
  })
}

/** The words of a failed call, as a person wants to read them: on one line, and without a note that says nothing. */
export function wordsOf(error: Error | ServiceError): string {
  // a connection that was closed meanwhile throws something without a status
  if (!('details' in error)) return error.message
  const words = error.details.replaceAll(/\s+/g, ' ').replace(/\.? Resolution note: *$/, '')
  return `${status[error.code]} ${words.trim()}`
}

function credentialsOf(tls: ClientTls | undefined): ChannelCredentials {
  if (!tls) return ChannelCredentials.createInsecure()
  try {
    return ChannelCredentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null)
  } catch (error) {
    throw new KairosError(
      'BAD_USAGE',
      `the certificate for servers cannot be used: ${(error as Error).message}`,
      { field: 'tls' },
      'a certificate and its own key in PEM are expected',
      { cause: error },
    )
  }
}

export interface CallOptions {
  /** When it has to be answered, ms from now. */
  readonly timeoutMs?: number | undefined
  readonly metadata?: Metadata | undefined
  readonly signal?: AbortSignal | undefined
}

export type Answer<Response> = (error: ServiceError | null, response?: Response) => void

/** Asks and tells the answer, exactly once. */
export function ask<Request, Response>(
  client: Client,
  method: Unary<Request, Response>,
  request: Request,
  { timeoutMs, metadata }: Omit<CallOptions, 'signal'>,
  answer: Answer<Response>,
): ClientUnaryCall {
  const { path, requestSerialize, responseDeserialize } = method
  const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
  return client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    metadata ?? new Metadata(),
    options,
    answer,
  )
}

/** Asks and waits. @throws ServiceError with the status that the server, or the connection to it, gave */
export function call<Request, Response>(
  client: Client,
  method: Unary<Request, Response>,
  request: Request,
  options: CallOptions = {},
): Promise<Response> {
  const { signal } = options
  return new Promise((resolve, reject) => {
    const abort = () => running.cancel()
    const running = ask(client, method, request, options, (error, response) => {
      signal?.removeEventListener('abort', abort)
      if (error) reject(error)
      else resolve(response as Response)
    })
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
  })
}
