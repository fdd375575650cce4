/** Headers of HTTP/1.1 that Node takes, but a router refuses: a proxy may have read them in another way. */
import type { IncomingMessage } from 'node:http'

interface RequestFault {
  readonly status: 400 | 501
  readonly problem: string
}

/** What is wrong with the headers of a request, whose connection is closed then; undefined if nothing is. */
export function requestFault({
  rawHeaders,
  headers,
}: Pick<IncomingMessage, 'rawHeaders' | 'headers'>): RequestFault | undefined {
  const problem = hostProblem(rawHeaders)
  if (problem !== undefined) return { status: 400, problem }
  const transfer = headers['transfer-encoding']
  // Node removes chunks, and nothing else (RFC 9112, 6.1)
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked')
    return { status: 501, problem: `the transfer-encoding "${transfer}" is not taken; use chunked or none` }
  return undefined
}

/**
 * A host with or without a port (RFC 3986, 3.2.2). It is empty where the target of a request has no host. Addresses may
 * have a zone, and names of clusters of Envoy have `|`, which its health checks send.
 */
const HOST = /^(?:\[[0-9A-Fa-f:.]+(?:%[\w.~-]+)?\]|[\w.~!$&'()*+,;=%|-]*)(?::\d*)?$/

/** Whether Node answers with 400, if no answer has begun: chunked is not the last transfer coding. */
export function isRefusedByNode({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const transfer = headers['transfer-encoding']
  return transfer !== undefined && !/(?:^|[\s,])chunked$/i.test(transfer)
}

/** Node itself refuses HTTP/1.1 without a Host (RFC 9112, 3.2). */
function hostProblem(rawHeaders: readonly string[]): string | undefined {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].length !== 4 || rawHeaders[i].toLowerCase() !== 'host') continue
    if (++hosts > 1) return 'the request has more than one Host header; send one'
    if (!HOST.test(rawHeaders[i + 1]))
      return 'the Host header is invalid; send a host, with or without a port'
  }
  return undefined
}
