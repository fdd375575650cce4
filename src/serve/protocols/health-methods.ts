/** The health protocol of gRPC as methods of a server: Check, List, and Watch, which reports changes. */
import type { Method } from '../grpc/server/server.ts'
import type { ServerCall } from '../grpc/server/server-call.ts'
import { NOT_A_MESSAGE, readMessage, TOO_MANY_MESSAGES, unaryMessages } from '../grpc/server/unary.ts'
import { status } from '../grpc/status.ts'
import { HEALTH, health } from './health.ts'

/** Whether a service is served; undefined for one that is not known. */
type Ask = (() => boolean) | undefined

export type HealthMethods = ReturnType<typeof healthMethods>

/**
 * @param isServing by the name of each service, '' for the whole server
 * @param malformed called for each request that cannot be read
 */
export function healthMethods(isServing: ReadonlyMap<string, () => boolean>, malformed?: () => void) {
  // without the name, which a client chooses, and may make long
  const watching = new Map<ServerCall, { readonly ask: Ask; reported: number }>()
  const statusOf = (service: string) => answerOf(isServing.get(service))
  const answerCheck = ({ service }: { service: string }) => {
    const now = statusOf(service)
    if (now !== HEALTH.serviceUnknown) return { response: { status: now } }
    return { code: status.NOT_FOUND, details: `there is no service "${service}" here` }
  }
  const answerList = () => ({
    response: {
      statuses: Object.fromEntries(
        Array.from(isServing.keys(), (name) => [name, { status: statusOf(name) }]),
      ),
    },
  })
  const watch: Method = (call) => ({
    message(message) {
      // each message would get a response, which is held until the client reads it
      if (watching.delete(call)) return call.end(TOO_MANY_MESSAGES)
      const asked = readMessage(health.Watch.requestDeserialize, message)
      if (asked === undefined) {
        malformed?.()
        return call.end(NOT_A_MESSAGE)
      }
      call.release(message)
      const ask = isServing.get(asked.service)
      const reported = answerOf(ask)
      watching.set(call, { ask, reported })
      call.send(health.Watch.responseSerialize({ status: reported }))
    },
    ended: () => undefined,
    cancelled: () => watching.delete(call),
  })
  return {
    methods: new Map([
      unaryMessages(health.Check, answerCheck, malformed),
      unaryMessages(health.List, answerList, malformed),
      [health.Watch.path, watch],
    ]),
    /** Asks `isServing` again, and reports changes to clients that watch. */
    refresh(): void {
      for (const [call, watched] of watching) {
        const now = answerOf(watched.ask)
        if (now === watched.reported) continue
        watched.reported = now
        call.send(health.Watch.responseSerialize({ status: now }))
      }
    },
  }
}

function answerOf(ask: Ask): number {
  if (ask === undefined) return HEALTH.serviceUnknown
  return ask() ? HEALTH.serving : HEALTH.notServing
}
