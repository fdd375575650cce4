/** The health protocol of gRPC as methods of a server: Check, List, and Watch, which reports changes. */
import type { Method } from '../grpc/server/server.ts'
import type { ServerCall } from '../grpc/server/server-call.ts'
import { NOT_A_MESSAGE, readMessage, TOO_MANY_MESSAGES, unaryMessages } from '../grpc/server/unary.ts'
import { status } from '../grpc/status.ts'
import { HEALTH, health } from './health.ts'

export type HealthMethods = ReturnType<typeof healthMethods>

/**
 * @param isServing by the name of each service, '' for the whole server
 * @param malformed called for each request that cannot be read
 */
export function healthMethods(isServing: ReadonlyMap<string, () => boolean>, malformed?: () => void) {
  const watching = new Map<ServerCall, { readonly service: string; reported: number }>()
  const statusOf = (service: string) => {
    const ask = isServing.get(service)
    if (ask === undefined) return HEALTH.serviceUnknown
    return ask() ? HEALTH.serving : HEALTH.notServing
  }
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
      const { service } = asked
      const reported = statusOf(service)
      watching.set(call, { service, reported })
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
        const now = statusOf(watched.service)
        if (now === watched.reported) continue
        watched.reported = now
        call.send(health.Watch.responseSerialize({ status: now }))
      }
    },
  }
}
