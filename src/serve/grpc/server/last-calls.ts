import type { ServerHttp2Session } from 'node:http2'
import { within } from '../../../model/within.ts'

/**
 * Closes a session without calls, and serves those that the client has sent before it knows. Lost calls are sent again
 * by clients of gRPC, but not by nginx.
 *
 * RFC 9113, 6.8, has a GOAWAY for all streams, then time for the last calls, then a GOAWAY for the others. But
 * node:http2 reads no more from a session without streams once it has sent a GOAWAY. So the client gets pings first.
 * What it had sent before it read one arrives before its answer. The first call that arrives closes the session: the
 * client reads the GOAWAY before the answer to the call, and sends no other one. nginx closes an idle connection on
 * which a ping arrives. If it reads the ping together with its last answer, it answers it and uses the connection
 * again: hence the second ping.
 *
 * @param answerMs a client that has not answered by then is not waited for
 * @returns when the session is closed, or waits only for the answers to calls that have arrived
 */
export async function closeAfterLastCalls(session: ServerHttp2Session, answerMs: number): Promise<void> {
  if (session.closed) return
  await within(answerMs, lastCalls(session))
  session.close()
}

async function lastCalls(session: ServerHttp2Session): Promise<void> {
  const closed = new Promise<void>((resolve) => session.once('close', resolve))
  // before the method learns of the call, because it may answer at once
  session.prependOnceListener('stream', () => session.close())
  for (let pings = 0; pings < 2 && !session.destroyed; pings++) await pinged(session)
  // the message of the last call may still be on its way
  if (session.closed) await closed
}

/** @returns when the client has answered a ping, or the session has ended */
function pinged(session: ServerHttp2Session): Promise<void> {
  return new Promise((resolve) => session.ping(() => resolve()) || resolve())
}
