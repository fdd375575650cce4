/** What clients and servers say beside their messages passes through, but for what belongs to a connection. */
import { Metadata } from '@grpc/grpc-js'

const OF_THE_CONNECTION = [
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

/** What a client says, for a server. */
export function requestWords(metadata: Metadata | undefined): Metadata {
  return metadata === undefined ? new Metadata() : without(metadata)
}

/** What a server says, for a client; undefined where it says nothing. */
export function answerWords(metadata: Metadata | undefined): Metadata | undefined {
  if (metadata === undefined) return undefined
  const passed = without(metadata)
  return Object.keys(passed.getMap()).length === 0 ? undefined : passed
}

function without(metadata: Metadata): Metadata {
  const passed = metadata.clone()
  for (const name of OF_THE_CONNECTION) passed.remove(name)
  return passed
}
