import { routedInference } from './inference.ts'
import type { RoutedProtocol } from './routed-protocol.ts'
import { routedScheduler } from './scheduler.ts'
import { inferenceAsJob, jobAsInference, type Translation } from './translate.ts'

/** Every protocol that is routed. Where a server speaks several, and not that of the client, the first one is used. */
export const ROUTED_PROTOCOLS = {
  inference: routedInference,
  scheduler: routedScheduler,
} as const satisfies Record<string, RoutedProtocol>

export type ProtocolName = keyof typeof ROUTED_PROTOCOLS

export const PROTOCOL_NAMES = Object.keys(ROUTED_PROTOCOLS) as ProtocolName[]

/** Translations by the protocol of the client, then by that of the server. */
export const TRANSLATIONS: Readonly<
  Record<ProtocolName, Readonly<Partial<Record<ProtocolName, Translation>>>>
> = {
  inference: { scheduler: inferenceAsJob },
  scheduler: { inference: jobAsInference },
}
