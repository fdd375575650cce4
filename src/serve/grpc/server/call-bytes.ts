import type { ConnectionBytes } from '../buffered-bytes.ts'

/** The bytes counted for one call in the memory of all. A class, as the call is: it has no closures of its own. */
export class CallBytes {
  private readonly counted: ConnectionBytes
  /** Of the message that is arriving, of those that have arrived and are held, and of responses that are not sent. */
  private incomplete = 0
  private complete = 0
  private unsent = 0

  constructor(counted: ConnectionBytes) {
    this.counted = counted
  }

  /** A message begins to arrive, or more of one whose length is not known. @returns whether its bytes fit */
  begin(bytes: number): boolean {
    if (!this.counted.begin(bytes)) return false
    this.incomplete += bytes
    return true
  }

  /** The message has arrived as a whole. */
  arrived(): void {
    const bytes = this.incomplete
    this.incomplete = 0
    this.complete += bytes
    this.counted.complete(bytes)
  }

  /** A message has been decompressed, perhaps while the next one arrives. @returns whether its bytes fit */
  inflate(bytes: number): boolean {
    if (!this.counted.begin(bytes)) return false
    this.complete += bytes
    this.counted.complete(bytes)
    return true
  }

  /** A message is refused, since it is larger than a message may be. */
  tooLarge(): void {
    this.counted.tooLarge()
  }

  /** A message is no longer held. After the end none is. */
  release(bytes: number): void {
    const held = Math.min(bytes, this.complete)
    this.complete -= held
    this.counted.drop(held, true)
  }

  /** The call is answered: no message of the client is held any more. */
  answered(): void {
    this.release(this.complete)
  }

  /** A message of the response waits to be sent. */
  respond(bytes: number): void {
    this.unsent += bytes
    this.counted.respond(bytes)
  }

  /** It has been sent. After the end none waits. */
  sent(bytes: number): void {
    const waited = Math.min(bytes, this.unsent)
    this.unsent -= waited
    this.counted.sent(waited)
  }

  /** Nothing is held any more. */
  close(): void {
    this.counted.drop(this.incomplete, false)
    this.counted.drop(this.complete, true)
    this.counted.sent(this.unsent)
    this.incomplete = this.complete = this.unsent = 0
  }
}
