/** A client of grpc-js, for the driver, `measure`, `request` and the emulator. The router uses client/channel.ts. */
import { Client, type ClientUnaryCall, Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { credentialsFor } from './credentials.ts'
import type { Unary } from './method.ts'
import { statusText } from './status.ts'
import type { ClientTls } from './tls.ts'

interface ConnectOptions {
  readonly tls?: ClientTls | undefined
  /** Largest message in either direction, bytes; 1 GiB unless given, because servers have limits of their own. */
  readonly maxMessageBytes?: number | undefined
}

const MAX_MESSAGE_BYTES = 2 ** 30

/** A client of one server, with its own connection, which is opened at the first call. */
export function connect(address: string, { tls, maxMessageBytes }: ConnectOptions = {}): Client {
  return new Client(address, credentialsFor(address, tls), {
    'grpc.max_receive_message_length': maxMessageBytes ?? MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': maxMessageBytes ?? MAX_MESSAGE_BYTES,
    // a server that ends a connection refuses requests that it has not begun: they are sent again once, whatever their size
    'grpc.retry_buffer_size': Number.MAX_SAFE_INTEGER,
    'grpc.per_rpc_retry_buffer_size': Number.MAX_SAFE_INTEGER,
    // proxies from environment variables must not apply to a fleet
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
  })
}

/** The error of a failed call on one line: status and details, without grpc-js' empty "Resolution note". */
export function describeError(error: Error | (Error & { code: status; details: string })): string {
  // calls on a closed client throw an error without a status
  if (!('details' in error)) return error.message
  if (isPlainText(error)) return `${status[error.code]} the port does not speak TLS`
  const details = error.details.replaceAll(/\s+/g, ' ').replace(/\.? Resolution note: *$/, '')
  return `${statusText(error.code)} ${details.trim()}`
}

export interface CallOptions {
  /** The deadline, ms from now. */
  readonly timeoutMs?: number | undefined
  readonly metadata?: Metadata | undefined
  readonly signal?: AbortSignal | undefined
}

type Answer<Response> = (error: ServiceError | null, response?: Response) => void

/** Starts a call; `answer` is called exactly once. */
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

/** Calls a method. @throws ServiceError with the status of the server, or of the connection to it */
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

/** Whether a call over TLS failed because the server speaks plain text: OpenSSL takes its first bytes for a version of TLS. */
export function isPlainText({ details }: { readonly details: string }): boolean {
  return details.includes('wrong version number')
}
