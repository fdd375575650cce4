import type { IncomingHttpHeaders } from 'node:http'

/** A piece of a body up to this size is put together with others. */
const SMALL_BYTES = 1_024

/** Small pieces that are put together at a time. */
const MOST_SMALL = 256

/**
 * The bytes of a body, from pieces of any size. A piece is an object of about 500 bytes: a body that comes byte by byte
 * would take that much for each of them.
 */
export class BodyBytes {
  private readonly pieces: Buffer[] = []
  private small: Buffer[] = []

  push(piece: Buffer): void {
    if (piece.length <= SMALL_BYTES) {
      if (this.small.push(piece) === MOST_SMALL) this.join()
      return
    }
    this.join()
    this.pieces.push(piece)
  }

  whole(): Buffer {
    this.join()
    return this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces)
  }

  private join(): void {
    if (this.small.length === 0) return
    this.pieces.push(this.small.length === 1 ? this.small[0] : Buffer.concat(this.small))
    this.small = []
  }
}

/** What HTTP calls ways to compress a body (the registered content codings). */
export const COMPRESSIONS: ReadonlySet<string> = new Set(['gzip', 'deflate', 'br', 'zstd', 'compress'])

/** How a body is compressed: `identity` if it is not. Names have no case, and `x-gzip` is `gzip` (RFC 9110, 8.4.1). */
export function encodingOf({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): string {
  const name = encoding.toLowerCase()
  return name === 'x-gzip' ? 'gzip' : name
}
