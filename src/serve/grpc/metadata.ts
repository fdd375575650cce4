/** Metadata of requests and responses is forwarded, except for what belongs to one connection. */
import { Metadata } from '@grpc/grpc-js'

const PER_CONNECTION = [
  'user-agent',
  'grpc-accept-encoding',
  'accept-encoding',
  'grpc-encoding',
  'grpc-timeout',
  'te',
  'content-type',
  'content-length',
  'http2-settings',
  'host',
  'date',
  'server',
]

/** The metadata of a client's request, for the server that gets it. */
export function requestMetadata(metadata: Metadata | undefined): Metadata {
  return metadata === undefined ? new Metadata() : withoutConnection(metadata)
}

/** Headers or trailers of a server's response, for the client; undefined if nothing is left to forward. */
export function responseMetadata(metadata: Metadata | undefined): Metadata | undefined {
  if (metadata === undefined) return undefined
  const forwarded = withoutConnection(metadata)
  return Object.keys(forwarded.getMap()).length === 0 ? undefined : forwarded
}

function withoutConnection(metadata: Metadata): Metadata {
  const forwarded = metadata.clone()
  for (const name of PER_CONNECTION) forwarded.remove(name)
  return forwarded
}
