/** The finalizer of MurmurHash3 (Appleby): a bijection, after which similar numbers are not similar. */
export function scramble(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x85ebca6b
  x = (x ^ (x >> 13)) * 0xc2b2ae35
  return x ^ (x >> 16)
}
