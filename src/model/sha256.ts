/** SHA-256 (FIPS 180-4) of bytes that arrive in pieces. Platforms have their own, but the core runs without one. */
export interface Sha256 {
  update(bytes: Uint8Array): void
  /** The digest in hex. Nothing can be added afterwards. */
  hex(): string
}

/** Bytes of a block. */
const BLOCK = 64

/** Rounds of a block: each has a word of its message schedule, and a constant. */
const ROUNDS = 64

/** The first 32 bits of the fractional parts of square roots of the first 8 primes, and cube roots of the first 64. */
const [INITIAL, ROUND] = constants()

export function createSha256(): Sha256 {
  const state = INITIAL.slice()
  const block = new Uint8Array(BLOCK)
  const words = new Int32Array(ROUNDS)
  let length = 0
  const update = (bytes: Uint8Array) => {
    let from = 0
    while (from < bytes.length) {
      const at = length % BLOCK
      const part = bytes.subarray(from, from + BLOCK - at)
      block.set(part, at)
      length += part.length
      from += part.length
      if (length % BLOCK === 0) compress(state, block, words)
    }
  }
  return {
    update,
    hex() {
      const bits = 8 * length
      // a one bit, zeros, and the length in bits as the last eight bytes of a block
      const padding = new Uint8Array(BLOCK - ((length + 8) % BLOCK) + 8)
      padding[0] = 0x80
      const view = new DataView(padding.buffer, padding.length - 8)
      view.setUint32(0, Math.floor(bits / 2 ** 32))
      view.setUint32(4, bits % 2 ** 32)
      update(padding)
      return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
    },
  }
}

function compress(state: Int32Array, block: Uint8Array, words: Int32Array): void {
  for (let i = 0; i < 16; i++) {
    const at = 4 * i
    words[i] = (block[at] << 24) | (block[at + 1] << 16) | (block[at + 2] << 8) | block[at + 3]
  }
  for (let i = 16; i < ROUNDS; i++) {
    const w15 = words[i - 15]
    const w2 = words[i - 2]
    const s0 = rotate(w15, 7) ^ rotate(w15, 18) ^ (w15 >>> 3)
    const s1 = rotate(w2, 17) ^ rotate(w2, 19) ^ (w2 >>> 10)
    words[i] = words[i - 16] + s0 + words[i - 7] + s1
  }
  let a = state[0]
  let b = state[1]
  let c = state[2]
  let d = state[3]
  let e = state[4]
  let f = state[5]
  let g = state[6]
  let h = state[7]
  for (let i = 0; i < ROUNDS; i++) {
    const choice = (e & f) ^ (~e & g)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const t1 = (((((h + s1) | 0) + choice) | 0) + ((ROUND[i] + words[i]) | 0)) | 0
    const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] += a
  state[1] += b
  state[2] += c
  state[3] += d
  state[4] += e
  state[5] += f
  state[6] += g
  state[7] += h
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

function constants(): [initial: Int32Array, round: Int32Array] {
  const primes: number[] = []
  for (let n = 2; primes.length < ROUNDS; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  const fraction = (root: number) => ((root - Math.floor(root)) * 2 ** 32) | 0
  return [
    Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
    Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
  ]
}
