/**
 * Starts a request of node:http2 without its most expensive part.
 *
 * `ClientHttp2Session.request` binds a function of its own with `AsyncResource.bind`, which in Node 20 defines a
 * deprecated property, `asyncResource`, with two accessors. That takes 11 µs, and the prototypes of the accessors keep
 * the stream of the request until V8 collects the whole heap: copying those streams takes as long again. Nobody can
 * reach the function that `request` binds. So it is bound here to the same resource without that property. Whatever
 * else calls `AsyncResource.bind`, and a version of Node that gives the function another name, gets that of Node.
 */
import { AsyncResource } from 'node:async_hooks'
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'

/** Whether `request` runs now, for `startRequest`. */
let isStarting = false

const bindOfNode = AsyncResource.prototype.bind

AsyncResource.prototype.bind = function bind(
  this: AsyncResource,
  ...[fn, ...more]: Parameters<typeof bindOfNode>
) {
  if (isStarting && fn.name === 'bound requestOnConnect')
    return this.runInAsyncScope.bind(this, fn, undefined)
  return Reflect.apply(bindOfNode, this, [fn, ...more])
} as typeof bindOfNode

/** `session.request(headers)` */
export function startRequest(session: ClientHttp2Session, headers: OutgoingHttpHeaders): ClientHttp2Stream {
  isStarting = true
  try {
    return session.request(headers)
  } finally {
    isStarting = false
  }
}
