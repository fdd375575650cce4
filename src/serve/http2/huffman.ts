/** The Huffman code of HPACK, RFC 7541, appendix B. It is canonical: the lengths of its codes define it. */

/** The length of the code of each byte, bits. */
const LENGTHS = [
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  ...[20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  ...[24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  ...[22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  ...[21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  ...[26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  ...[19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  ...[26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
]

const LONGEST = 30

/** Bytes in the order of their codes. */
const ORDERED = LENGTHS.map((_, byte) => byte).sort((a, b) => LENGTHS[a] - LENGTHS[b] || a - b)

/** Of each length: its first code, how many codes it has, and the position of the first one in `ORDERED`. */
const FIRST = new Int32Array(LONGEST + 1)
const COUNT = new Int32Array(LONGEST + 1)
const POSITION = new Int32Array(LONGEST + 1)
for (const length of LENGTHS) COUNT[length]++
for (let length = 1; length <= LONGEST; length++) {
  FIRST[length] = (FIRST[length - 1] + COUNT[length - 1]) << 1
  POSITION[length] = POSITION[length - 1] + COUNT[length - 1]
}

/** The bytes of a coded string, as a string of one character each; undefined if it is not a coded string. */
export function decodeHuffman(coded: Uint8Array): string | undefined {
  const bytes: number[] = []
  let code = 0
  let length = 0
  for (const byte of coded) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1)
      length++
      if (length > LONGEST) return undefined
      const index = code - FIRST[length]
      if (index < 0 || index >= COUNT[length]) continue
      bytes.push(ORDERED[POSITION[length] + index])
      code = 0
      length = 0
    }
  }
  // the rest of the last byte is filled with ones
  const isFilled = length < 8 && code === (1 << length) - 1
  return isFilled ? Buffer.from(bytes).toString('latin1') : undefined
}
