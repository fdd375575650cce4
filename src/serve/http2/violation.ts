/** What the server does that HTTP/2 forbids. Its code tells callers that the server does not speak HTTP/2 as it should. */
export class Violation extends Error {
  readonly code = 'ERR_HTTP2_ERROR'
  constructor(
    readonly reason: number,
    message: string,
  ) {
    super(message)
  }
}
