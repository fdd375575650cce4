import { expect, test } from 'vitest'
import { BodyBytes } from '../../src/serve/http/body.ts'

test.each([[[]], [[5]], [[1, 1, 1]], [[3, 2_000, 1, 1, 1_025, 7]], [new Array<number>(1_000).fill(1)]])(
  'a body is what its pieces are together: %j',
  (lengths) => {
    const body = new BodyBytes()
    const pieces = lengths.map((length, i) => Buffer.alloc(length, i % 251))
    for (const piece of pieces) body.push(piece)
    expect(body.whole()).toEqual(Buffer.concat(pieces))
  },
)

test('a body that comes byte by byte is kept in few pieces', () => {
  const body = new BodyBytes()
  for (let i = 0; i < 100_000; i++) body.push(Buffer.of(i % 251))
  const kept = body as unknown as { pieces: Buffer[]; small: Buffer[] }
  expect(kept.pieces.length + kept.small.length).toBeLessThan(700)
})
