import { connect as connectTls, type SecureContext } from 'node:tls'
import { CallCredentials, ChannelCredentials, type experimental } from '@grpc/grpc-js'
import { hostAndPort } from './client/session.ts'
import { type ClientTls, clientContext, expectName } from './tls.ts'

/** What a client of grpc-js connects with: TLS, or plain text. */
export function credentialsFor(address: string, tls: ClientTls | undefined): ChannelCredentials {
  if (!tls) return ChannelCredentials.createInsecure()
  return new TlsCredentials(clientContext(tls), tls.serverName ?? hostAndPort(address).host)
}

/**
 * Those of grpc-js send an address as the name of a server, which Node 26 refuses. The methods are internal ones of
 * grpc-js 1.14, which package.json therefore allows alone.
 */
class TlsCredentials extends ChannelCredentials {
  constructor(
    private readonly context: SecureContext,
    private readonly serverName: string,
  ) {
    super()
  }

  _isSecure(): boolean {
    return true
  }

  _equals(other: ChannelCredentials): boolean {
    return other === this
  }

  _createSecureConnector(
    _target: unknown,
    _options: unknown,
    callCredentials = CallCredentials.createEmpty(),
  ): experimental.SecureConnector {
    const options = { secureContext: this.context, ALPNProtocols: ['h2'], ...expectName(this.serverName) }
    return {
      connect(tcpSocket) {
        return new Promise((resolve, reject) => {
          const socket = connectTls({ ...options, socket: tcpSocket }, () =>
            resolve({ socket, secure: true }),
          )
          socket.on('error', reject)
        })
      },
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials,
      destroy: () => undefined,
    }
  }
}
