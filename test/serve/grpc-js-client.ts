/** A client of grpc-js: what other clients send to a router and to emulated servers. */
import { Client, type ClientUnaryCall, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import type { Unary } from '../../src/serve/grpc/method.ts'
import type { ClientTls } from '../../src/serve/grpc/tls.ts'

interface ConnectOptions {
  readonly tls?: Omit<ClientTls, 'serverName'> | undefined
  /** Largest message in either direction, bytes; 1 GiB unless given. */
  readonly maxMessageBytes?: number | undefined
}

/** The name in the certificates of the tests. TLS does not take an IP address as a server name. */
const SERVER_NAME = 'localhost'

/** A client of one server, with its own connection, which is opened at the first call. */
export function connect(address: string, { tls, maxMessageBytes = 2 ** 30 }: ConnectOptions = {}): Client {
  const { ca = null, key = null, cert = null } = tls ?? {}
  return new Client(address, tls ? credentials.createSsl(ca, key, cert) : credentials.createInsecure(), {
    ...(tls && { 'grpc.ssl_target_name_override': SERVER_NAME }),
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    // proxies from environment variables must not apply
    'grpc.enable_http_proxy': 0,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
  })
}

interface CallOptions {
  /** The deadline, ms from now. */
  readonly timeoutMs?: number | undefined
  readonly metadata?: Metadata | undefined
  readonly signal?: AbortSignal | undefined
}

type Answer<Response> = (error: ServiceError | null, response?: Response) => void

/** Starts a call; `answer` is called exactly once. */
export function ask<Request, Response>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: Unary<Request, Response>,
  request: Request,
  { timeoutMs, metadata = new Metadata() }: Omit<CallOptions, 'signal'>,
  answer: Answer<Response>,
): ClientUnaryCall {
  const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
  return client.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    metadata,
    options,
    answer,
  )
}

/** Calls a method. @throws ServiceError */
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
