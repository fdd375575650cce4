/** The header Host of HTTP/1.1. */
import type { IncomingMessage } from 'node:http'

/** A host with or without a port (RFC 3986, 3.2.2). It is empty where the target of a request has no host. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/

/**
 * What is wrong with the Host of a request, which is answered with 400 then (RFC 9112, 3.2); undefined if nothing is. Of
 * several Hosts a proxy may have read another one than the router. Node itself refuses HTTP/1.1 without a Host.
 */
export function hostFault({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): string | undefined {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].length !== 4 || rawHeaders[i].toLowerCase() !== 'host') continue
    if (++hosts > 1) return 'the request has more than one Host header; send one'
    if (!HOST.test(rawHeaders[i + 1]))
      return 'the Host header is invalid; send a host, with or without a port'
  }
  return undefined
}
