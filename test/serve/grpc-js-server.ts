import type { Socket } from 'node:net'
import { type Server, ServerCredentials } from '@grpc/grpc-js'
import { type AcceptOptions, accept, type Listening } from '../../src/serve/grpc/accept.ts'
import { checkServerTls, type ServerTls } from '../../src/serve/grpc/tls.ts'

interface ListenOptions extends AcceptOptions {
  readonly tls?: ServerTls | undefined
}

/**
 * Opens a port for a server of grpc-js.
 *
 * @throws KairosError BAD_USAGE if the address cannot be listened on, or the certificate cannot be used
 */
export function listenGrpcJs(server: Server, { tls, ...options }: ListenOptions = {}): Promise<Listening> {
  const injector = connectionsOf(server, tls)
  const handler = {
    connect: (socket: Socket) => injector.injectConnection(socket),
    shutdown: () => server.tryShutdown(() => undefined),
    destroy: () => server.forceShutdown(),
  }
  return accept(handler, options)
}

function connectionsOf(server: Server, tls: ServerTls | undefined) {
  if (!tls) return server.createConnectionInjector(ServerCredentials.createInsecure())
  checkServerTls(tls)
  const pair = { private_key: tls.key, cert_chain: tls.cert }
  const credentials = ServerCredentials.createSsl(tls.clientCa ?? null, [pair], tls.clientCa !== undefined)
  return server.createConnectionInjector(credentials)
}
