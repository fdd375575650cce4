import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSha256 } from '../../src/model/sha256.ts'

const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 })

test('equals the SHA-256 of OpenSSL, however the bytes are cut', () => {
  fc.assert(
    fc.property(pieces, (parts) => {
      const ours = createSha256()
      const theirs = createHash('sha256')
      for (const part of parts) {
        ours.update(part)
        theirs.update(part)
      }
      expect(ours.hex()).toBe(theirs.digest('hex'))
    }),
  )
})

test.each([0, 55, 56, 63, 64, 119, 120, 128, 1 << 20])('pads %i bytes as the standard says', (length) => {
  const bytes = new Uint8Array(length).map((_, i) => i)
  const hash = createSha256()
  hash.update(bytes)
  expect(hash.hex()).toBe(createHash('sha256').update(bytes).digest('hex'))
})
