import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { mergeParts, rankingQuestion, rankShard, type ShardedRequest } from '../../src/allocate/shards.ts'
import type { RankingPart } from '../../src/model/results/ranking-part.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const workload = smallWorkload()

const type = (name: string, min: number, max: number, pricePerHour: number) => ({
  ...{ name, min, max, pricePerHour, base: false },
})

async function partsOf(request: ShardedRequest, count: number): Promise<RankingPart[]> {
  const question = rankingQuestion(request)
  return Promise.all(Array.from({ length: count }, (_, index) => rankShard(question, { index, count })))
}

const anyRequest = fc.record({
  workload: fc.constant(workload),
  space: fc
    .tuple(fc.nat(2), fc.nat(6), fc.nat(2), fc.nat(8), fc.double({ min: 0.2, max: 6, noNaN: true }))
    .map(([a, b, c, d, budgetPerHour]) => ({
      types: [type('fast', a, a + b, 1), type('slow', c, c + d, 0.3)],
      budgetPerHour,
    })),
  bound: fc.constantFrom('fluid' as const, 'closed-form' as const),
  topN: fc.integer({ min: 1, max: 60 }),
  ties: fc.constantFrom('cost' as const, 'counts' as const),
})

test('the parts of any cut make the ranking of one process, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyRequest,
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      async (request, count, turned) => {
        const parts = await partsOf(request, count)
        if (turned) parts.reverse()
        const merged = await mergeParts(rankingQuestion(request), parts)
        expect(JSON.stringify(merged)).toBe(JSON.stringify(await rankConfigurations(request)))
      },
    ),
    { numRuns: 80 },
  )
})

describe('what a merge rejects', () => {
  const space = { types: [type('fast', 0, 3, 1), type('slow', 0, 4, 0.3)], budgetPerHour: 3 }
  const request = { workload, space, topN: 5 }
  const question = rankingQuestion(request)

  test('a missing part, by its number', async () => {
    const [first, , third] = await partsOf(request, 3)
    await expect(mergeParts(question, [first, third])).rejects.toThrow(
      /parts: part 1 of 3 is missing; rank it/,
    )
  })

  test('many missing parts', async () => {
    const [first] = await partsOf(request, 20)
    await expect(mergeParts(question, [first])).rejects.toThrow(
      /parts 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 9 others of 20 are missing; rank them/,
    )
  })

  test('no parts', async () => {
    await expect(mergeParts(question, [])).rejects.toThrow(/there are no parts/)
  })

  test('a part that is given twice', async () => {
    const [first] = await partsOf(request, 2)
    await expect(mergeParts(question, [first, first])).rejects.toThrow(/part 0 of 2 is given twice/)
  })

  test('parts of two cuts', async () => {
    const [first] = await partsOf(request, 2)
    const [, second] = await partsOf(request, 3)
    await expect(mergeParts(question, [first, second])).rejects.toThrow(
      /part 1 of 3 is of another cut: there are parts of 2/,
    )
  })

  test.each([
    ['target', { ...request, workload: { ...workload, qosMs: workload.qosMs + 1 } }],
    ['budget', { ...request, space: { ...space, budgetPerHour: 2.9 } }],
    ['number of rows', { ...request, topN: 6 }],
    ['bound', { ...request, bound: 'closed-form' as const }],
  ])('a part of another %s', async (_, other) => {
    const [first] = await partsOf(request, 2)
    const [, second] = await partsOf(other, 2)
    await expect(mergeParts(question, [first, second])).rejects.toThrow(/part 1 of 2 is of another question/)
  })

  test('parts of another version', async () => {
    const parts = await partsOf(request, 2)
    const older = { ...question, engine: 'an older one' }
    await expect(mergeParts(older, parts)).rejects.toThrow(/is of another version of kairos-wasm/)
    await expect(rankShard(older, { index: 0, count: 2 })).rejects.toThrow(/is of another version/)
  })

  test.each([
    [{ index: 2, count: 2 }, /shard: is 2/],
    [{ index: -1, count: 2 }, /shard: is -1/],
    [{ index: 0, count: 0 }, /shards: is 0/],
  ])('part %j', async (shard, message) => {
    await expect(rankShard(question, shard)).rejects.toThrow(message)
  })
})
