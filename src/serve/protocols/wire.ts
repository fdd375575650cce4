/**
 * Reads the few fields of a message that matter to who passes it on, without decoding the rest: tensors of
 * megabytes are stepped over. (Protocol Buffers encoding: a field is a key, `number << 3 | kind`, and a value.)
 *
 *   kind 0  a varint             kind 1  8 bytes
 *   kind 2  a length and bytes   kind 5  4 bytes
 */
const VARINT = 0
const EIGHT = 1
const BYTES = 2
const FOUR = 5

/** What a message is not: anything from another protocol, or cut. */
export class MalformedMessage extends Error {}

/** The value of a field: where it stands in the bytes, or the number that a varint is. */
interface Field {
  readonly id: number
  readonly kind: number
  /** Of a varint the value; may lose precision beyond 2^53, which no batch reaches. */
  readonly value: number
  readonly from: number
  readonly to: number
}

/** The query in a `JobMessage`. @throws MalformedMessage */
export function readJob(bytes: Buffer): { batch: number; qWait: number } {
  let batch = 0
  let qWait = 0
  for (const { id, kind, value, from } of fieldsOf(bytes, 0, bytes.length)) {
    if (id === 1 && kind === VARINT) batch = value
    if (id === 2 && kind === FOUR) qWait = bytes.readFloatLE(from)
  }
  return { batch, qWait }
}

/** The answer in a `ServerReply`. @throws MalformedMessage, also where a field is of another kind */
export function checkReply(bytes: Buffer): void {
  for (const { id, kind } of fieldsOf(bytes, 0, bytes.length)) {
    if ((id === 2 && kind !== VARINT) || ((id === 1 || id === 3) && kind !== FOUR)) throw malformed()
  }
}

/** A `JobMessage`, as its encoder would write it. */
export function writeJob(batch: number, qWait: number): Buffer {
  const bytes = Buffer.allocUnsafe(11)
  bytes[0] = (1 << 3) | VARINT
  let at = 1 + varint(batch).copy(bytes, 1)
  bytes[at++] = (2 << 3) | FOUR
  bytes.writeFloatLE(qWait, at)
  return bytes.subarray(0, at + 4)
}

/** The model and the batch that a `ModelInferRequest` asks for; NaN without a first dimension. @throws MalformedMessage */
export function readInfer(bytes: Buffer): { model: string; batch: number } {
  let model = ''
  let batch = Number.NaN
  let seen = false
  for (const { id, kind, from, to } of fieldsOf(bytes, 0, bytes.length)) {
    if (kind !== BYTES) continue
    if (id === 1) model = bytes.toString('utf8', from, to)
    if (id === 5 && !seen) {
      seen = true
      batch = firstDimension(bytes, from, to)
    }
  }
  return { model, batch }
}

/** The id that a client gave its `ModelInferRequest`. @throws MalformedMessage */
export function readInferId(bytes: Buffer): string {
  let found = ''
  for (const { id, kind, from, to } of fieldsOf(bytes, 0, bytes.length)) {
    if (id === 3 && kind === BYTES) found = bytes.toString('utf8', from, to)
  }
  return found
}

/** A `ModelInferRequest` for a model of another name: of a field that is there twice, the last one counts. */
export function withModel(bytes: Buffer, model: string): Buffer {
  const name = Buffer.from(model)
  return Buffer.concat([bytes, Buffer.from([(1 << 3) | BYTES]), varint(name.length), name])
}

/** A `ModelInferResponse` is read to its end: garbage is not passed on. @throws MalformedMessage */
export function checkInferResponse(bytes: Buffer): void {
  for (const { id, kind } of fieldsOf(bytes, 0, bytes.length)) {
    if (id <= 6 && kind !== BYTES) throw malformed()
  }
}

function firstDimension(bytes: Buffer, start: number, end: number): number {
  for (const { id, kind, value, from, to } of fieldsOf(bytes, start, end)) {
    if (id !== 3) continue
    // a list of numbers comes packed into bytes, or one by one
    if (kind === VARINT) return signed(value, bytes, from)
    if (kind === BYTES && from < to) return signed(varintAt(bytes, from, to).value, bytes, from)
  }
  return Number.NaN
}

/** A number that is below 0 stands as one beyond 2^63, of which doubles keep too little. */
function signed(value: number, bytes: Buffer, from: number): number {
  if (value < 2 ** 63) return value
  let exact = 0n
  for (let i = 0; i < 10; i++) exact |= BigInt(bytes[from + i] & 127) << BigInt(7 * i)
  return Number(BigInt.asIntN(64, exact))
}

function* fieldsOf(bytes: Buffer, start: number, end: number): Generator<Field> {
  let at = start
  while (at < end) {
    const key = varintAt(bytes, at, end)
    const id = Math.floor(key.value / 8)
    const kind = key.value % 8
    if (id === 0 || id >= 2 ** 29) throw malformed()
    let from = key.next
    let value = 0
    switch (kind) {
      case VARINT: {
        const number = varintAt(bytes, from, end)
        value = number.value
        at = number.next
        break
      }
      case EIGHT:
        at = from + 8
        break
      case FOUR:
        at = from + 4
        break
      case BYTES: {
        const length = varintAt(bytes, from, end)
        from = length.next
        at = from + length.value
        break
      }
      default:
        throw malformed()
    }
    if (at > end) throw malformed()
    yield { id, kind, value, from, to: at }
  }
}

function varintAt(bytes: Buffer, from: number, end: number): { value: number; next: number } {
  let value = 0
  let weight = 1
  for (let at = from; at < end && at < from + 10; at++) {
    value += (bytes[at] & 127) * weight
    if (bytes[at] < 128) return { value, next: at + 1 }
    weight *= 128
  }
  throw malformed()
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

function malformed(): MalformedMessage {
  return new MalformedMessage('is not a message of this protocol')
}
