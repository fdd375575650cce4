import { type CustomMethod, customProtocol } from './custom.ts'
import { routedInference } from './inference.ts'
import type { RoutedProtocol } from './routed-protocol.ts'
import { routedScheduler } from './scheduler.ts'
import { inferenceAsJob, jobAsInference, type Translation } from './translate.ts'

/** Protocols that are routed: three over gRPC, of which the last is a method of the user, and one over HTTP. */
export type ProtocolName = 'inference' | 'scheduler' | 'custom' | 'rest'

/** Those over gRPC. Where a server speaks several, and not that of the client, the first one is used. */
export type GrpcProtocols = ReadonlyMap<ProtocolName, RoutedProtocol>

export function grpcProtocols(method?: CustomMethod): GrpcProtocols {
  const protocols = new Map<ProtocolName, RoutedProtocol>([
    ['inference', routedInference],
    ['scheduler', routedScheduler],
  ])
  if (method !== undefined) protocols.set('custom', customProtocol(method))
  return protocols
}

/** Translations by the protocol of the client, then by that of the server. */
export const TRANSLATIONS: Readonly<
  Partial<Record<ProtocolName, Readonly<Partial<Record<ProtocolName, Translation>>>>>
> = {
  inference: { scheduler: inferenceAsJob },
  scheduler: { inference: jobAsInference },
}
