/** The finalizer of MurmurHash3 (Appleby): a bijection of 32 bits, after which similar numbers are not similar. */
export function scramble(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
