import type { Channel } from '../../grpc/client/channel.ts'
import { status } from '../../grpc/status.ts'
import { decode, unlessMalformed } from '../../protocols/fields.ts'
import { HEALTH, health } from '../../protocols/health.ts'

/** The stream on which a server reports changes of its health: `grpc.health.v1.Health/Watch`. */
export function createHealthWatch(channel: Channel) {
  const request = { path: health.Watch.path, message: health.Watch.requestSerialize({ service: '' }) }
  /** `ended` also before the start; `serving`: it runs, and the server is healthy; `lacking`: the server has none. */
  let state: 'ended' | 'running' | 'serving' | 'lacking' = 'ended'
  return {
    /** Whether the stream runs, and the server reports on it that it is healthy. */
    get isServing() {
      return state === 'serving'
    },
    /** Starts the stream, unless it runs or the server has none. */
    start(changed: () => void): void {
      if (state !== 'ended') return
      state = 'running'
      let reported: number | undefined
      channel.watch(request, {
        message(bytes) {
          const now = statusIn(bytes)
          const isNews = now !== (reported ?? HEALTH.serving)
          reported = now
          state = now === HEALTH.serving ? 'serving' : 'running'
          if (isNews) changed()
        },
        ended(code) {
          // a server that ends the stream does not offer it
          state = code === status.UNAVAILABLE ? 'ended' : 'lacking'
          if (reported !== undefined) changed()
        },
      })
    },
    /** Another program may have taken the address: it is asked again. */
    forget(): void {
      if (state === 'lacking') state = 'ended'
    },
  }
}

/** The status in an answer; unknown if the bytes are not one. */
function statusIn(bytes: Buffer): number {
  return unlessMalformed(() => decode(health.Watch.responseDeserialize, bytes).status) ?? HEALTH.unknown
}
