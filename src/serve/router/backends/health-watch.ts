import type { Channel } from '../../grpc/client/channel.ts'
import { status } from '../../grpc/status.ts'
import { decode, unlessMalformed } from '../../protocols/fields.ts'
import { HEALTH, health } from '../../protocols/health.ts'

/** The stream on which a server reports changes of its health: `grpc.health.v1.Health/Watch`. */
export function createHealthWatch(channel: Channel) {
  const request = { path: health.Watch.path, message: health.Watch.requestSerialize({ service: '' }) }
  let isRunning = false
  let isLacking = false
  let isServing = false
  return {
    /** Whether the stream runs, and the server reports on it that it is healthy. */
    get isServing() {
      return isServing
    },
    /** Starts the stream, unless it runs or the server has none. */
    start(changed: () => void): void {
      if (isRunning || isLacking) return
      isRunning = true
      let reported: number | undefined
      channel.watch(request, {
        message(bytes) {
          const now = statusIn(bytes)
          const isNews = now !== (reported ?? HEALTH.serving)
          reported = now
          isServing = now === HEALTH.serving
          if (isNews) changed()
        },
        ended(code) {
          isRunning = false
          isServing = false
          // a server that ends the stream does not offer it
          isLacking = code !== status.UNAVAILABLE
          if (reported !== undefined) changed()
        },
      })
    },
    /** Another program may have taken the address: it is asked again. */
    forget(): void {
      isLacking = false
    },
  }
}

/** The status in an answer; unknown if the bytes are not one. */
function statusIn(bytes: Buffer): number {
  return unlessMalformed(() => decode(health.Watch.responseDeserialize, bytes).status) ?? HEALTH.unknown
}
