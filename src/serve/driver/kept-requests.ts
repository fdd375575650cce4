/** Most bytes of encoded requests that are kept to be sent again. */
const MOST_BYTES = 2 ** 26

/**
 * Encodes requests by their batch size, and keeps them to be sent again.
 *
 * @param bytesOf the bytes that a request holds
 * @throws what `encode` throws
 */
export function keptRequests<Request>(
  encode: (batch: number) => Request,
  bytesOf: (request: Request) => number,
): (batch: number) => Request {
  const kept = new Map<number, Request>()
  let bytes = 0
  return (batch) => {
    const known = kept.get(batch)
    if (known !== undefined) return known
    const request = encode(batch)
    bytes += bytesOf(request)
    if (bytes > MOST_BYTES) {
      kept.clear()
      bytes = bytesOf(request)
    }
    kept.set(batch, request)
    return request
  }
}
