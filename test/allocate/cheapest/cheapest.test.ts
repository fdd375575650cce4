import { describe, expect, test } from 'vitest'
import { cheapestConfigurations } from '../../../src/allocate/cheapest/cheapest.ts'
import { rankConfigurations } from '../../../src/allocate/rank.ts'
import { fluidProgram } from '../../../src/bound/fluid.ts'
import { readWorkload } from '../../../src/files/documents/workload.ts'
import { loadKernel } from '../../../src/kernel/load.ts'
import { space as spaceOf } from '../../../src/model/fleet/build-space.ts'
import { workload } from '../../../src/model/workload/build-workload.ts'
import { PUBLISHED_SPACE } from '../../fixtures/published.ts'

const space = PUBLISHED_SPACE
const all = Infinity

describe.each(['rm2', 'dien'])('%s', (model) => {
  test('finds the same cheapest configurations as the whole ranking', async () => {
    const workload = await readWorkload(model)
    const { rows } = await rankConfigurations({ workload, space, topN: all })
    const targetQps = rows[60].bound
    const expected = rows
      .filter((row) => row.bound >= targetQps)
      .sort((a, b) => a.costPerHour - b.costPerHour || b.bound - a.bound)
      .slice(0, 10)
    const found = await cheapestConfigurations({ workload, space, targetQps, topN: 10 })
    expect(found.rows.map((row) => row.counts)).toEqual(expected.map((row) => row.counts))
    expect(found.rows.map((row) => row.rank)).toEqual(expected.map((_, i) => i + 1))
  })

  test('with spares, every loss leaves the target reached, and no cheaper configuration does', async () => {
    const workload = await readWorkload(model)
    const program = fluidProgram(
      workload,
      space.types.map((type) => type.name),
    )
    const kernel = loadKernel()
    const boundOf = (counts: readonly number[]) =>
      kernel.fluidBounds({ program, counts: Float64Array.from(counts) }).bound[0]
    const { rows } = await rankConfigurations({ workload, space, topN: all })
    const targetQps = rows[0].bound / 2
    const survives = (counts: readonly number[]) =>
      counts.every((n, t) => n === 0 || boundOf(counts.with(t, n - 1)) >= targetQps)
    const expected = rows
      .filter((row) => survives(row.counts))
      .sort((a, b) => a.costPerHour - b.costPerHour || b.bound - a.bound)
    const found = await cheapestConfigurations({ workload, space, targetQps, spare: 1, topN: 3 })
    expect(found.rows.map((row) => row.counts)).toEqual(expected.slice(0, 3).map((row) => row.counts))
  })
})

test('respects the smallest counts', async () => {
  const workload = await readWorkload('rm2')
  const types = space.types.map((type) => (type.name === 'c5n.2xlarge' ? { ...type, min: 1 } : type))
  const { rows } = await cheapestConfigurations({
    workload,
    space: { ...space, types },
    targetQps: 50,
    topN: 5,
  })
  expect(rows).toHaveLength(5)
  for (const row of rows) expect(row.counts[1]).toBeGreaterThanOrEqual(1)
})

test('of costs that are equal but for rounding, the row with the larger bound is first and dominates', async () => {
  const workload = await readWorkload('rm2')
  // in doubles three times 0.1 is more than 0.3
  const types = [
    { name: 'g4dn.xlarge', max: 3, pricePerHour: 0.1 },
    { name: 'c5n.2xlarge', max: 1, pricePerHour: 0.3 },
  ]
  const { rows } = await cheapestConfigurations({
    workload: { ...workload, qosMs: 2000 },
    space: { types, budgetPerHour: 0.3 },
    targetQps: 1,
    topN: 10,
  })
  const equal = rows.filter((row) => row.costPerHour === 0.3)
  expect(equal.map((row) => row.counts)).toEqual([
    [3, 0],
    [0, 1],
  ])
  expect(equal.map((row) => row.dominatedBy)).toEqual([null, equal[0].rank])
})

test('names the largest target and the smallest budget where no configuration reaches the target', async () => {
  const workload = await readWorkload('rm2')
  const best = (await rankConfigurations({ workload, space, topN: 1 })).rows[0].bound
  const answer = await cheapestConfigurations({ workload, space, targetQps: 150 })
  expect(answer.rows).toEqual([])
  const { limits, remedies, smallestBudget } = answer.infeasible!
  expect(limits).toEqual(['budget', 'target'])
  expect(remedies[1].value).toBe(Math.floor(best * 1000) / 1000)
  const enough = { ...space, budgetPerHour: smallestBudget! }
  expect((await cheapestConfigurations({ workload, space: enough, targetQps: 150 })).rows).toHaveLength(1)
  const tooLittle = { ...space, budgetPerHour: smallestBudget! - 1e-6 }
  expect((await cheapestConfigurations({ workload, space: tooLittle, targetQps: 150 })).rows).toEqual([])
})

test.each([0, 1])(
  'where nothing is feasible the budget that is named reaches the target, with %i spare',
  async (spare) => {
    const workload = await readWorkload('rm2')
    const request = { workload, spare, targetQps: 60 }
    const { infeasible } = await cheapestConfigurations({
      ...request,
      space: { ...space, budgetPerHour: 0.1 },
    })
    const { smallestBudget } = infeasible!
    const enough = { ...space, budgetPerHour: smallestBudget! }
    expect((await cheapestConfigurations({ ...request, space: enough })).rows).toHaveLength(1)
    const tooLittle = { ...space, budgetPerHour: smallestBudget! - 1e-6 }
    expect((await cheapestConfigurations({ ...request, space: tooLittle })).rows).toEqual([])
  },
)

test('names a looser target of latency only where it is enough for the rate', async () => {
  const workload = { ...(await readWorkload('rm2')), qosMs: 105 }
  const request = { workload, space: { ...space, budgetPerHour: 0.3 } }
  const { infeasible: low } = await cheapestConfigurations({ ...request, targetQps: 6 })
  expect(low!.limits).toEqual(['qos', 'percentile'])
  for (const { limit, value } of low!.remedies) {
    const changed = { ...workload, [limit === 'qos' ? 'qosMs' : limit]: value }
    const { rows } = await cheapestConfigurations({ ...request, workload: changed, targetQps: 6 })
    expect(rows.length, limit).toBeGreaterThan(0)
  }
  const { infeasible: high } = await cheapestConfigurations({ ...request, targetQps: 60 })
  expect(high!.remedies).toEqual([])
  expect(high!.message).toMatch(
    /^no change alone reaches the target; for some lower one, loosen QoS to [\d.]+ ms, or/,
  )
})

test.each([1, 2])('names the largest target that is reached after the loss of %i', async (spare) => {
  const workload = await readWorkload('rm2')
  const request = { workload, space, spare }
  const { infeasible } = await cheapestConfigurations({ ...request, targetQps: 150 })
  const { value, message } = infeasible!.remedies.find(({ limit }) => limit === 'target')!
  expect(message).toBe(`lower the target to ${value} q/s`)
  expect((await cheapestConfigurations({ ...request, targetQps: value! })).rows.length).toBeGreaterThan(0)
  expect((await cheapestConfigurations({ ...request, targetQps: value! + 0.001 })).rows).toEqual([])
})

test('names a target where every configuration serves less than one query in a thousand seconds', async () => {
  const hour = 3_600_000
  const jobs = workload({ latency: { gpu: [[1, hour, hour]] }, mix: { 1: 1 }, qosMs: 2 * hour })
  const few = spaceOf({ types: { gpu: { max: 2, pricePerHour: 1 } }, budgetPerHour: 2 })
  const { infeasible } = await cheapestConfigurations({ workload: jobs, space: few, targetQps: 1 })
  expect(infeasible!.remedies).toEqual([
    { limit: 'target', value: 0.0005555, message: 'lower the target to 0.0005555 q/s' },
  ])
  expect(
    (await cheapestConfigurations({ workload: jobs, space: few, targetQps: 0.0005555 })).rows,
  ).toHaveLength(1)
})

test('says that no budget reaches a target that is beyond all instances, and names a budget where one does', async () => {
  const jobs = workload({ latency: { gpu: [[1, 10, 12]] }, mix: { 1: 1 }, qosMs: 50 })
  const cheapestFor = (targetQps: number, budgetPerHour: number, spare = 0) =>
    cheapestConfigurations({
      ...{ workload: jobs, targetQps, spare },
      space: spaceOf({ types: { gpu: { max: 3, pricePerHour: 1 } }, budgetPerHour }),
    })
  const beyond =
    /^lower the target to [\d.]+ q\/s; all instances of the space together do not reach the target: raise a maximum of the space$/
  for (const budget of [2, 9]) {
    const { infeasible } = await cheapestFor(1000, budget)
    expect(infeasible!.message).toMatch(beyond)
    expect(infeasible!.limits).toEqual(['target'])
  }
  // three reach it, and two do not
  expect((await cheapestFor(250, 9, 1)).infeasible!.message).toMatch(
    /q\/s; all instances of the space together do not reach the target after the loss of one instance: raise a maximum/,
  )
  const { infeasible } = await cheapestFor(250, 2)
  expect(infeasible!.message).toMatch(/^raise the budget to \$3 an hour, or lower the target to [\d.]+ q\/s$/)
})

test('says to spare fewer where no loss leaves anything', async () => {
  const workload = await readWorkload('rm2')
  const tight = { ...space, budgetPerHour: 0.6 }
  const { infeasible } = await cheapestConfigurations({ workload, space: tight, spare: 1, targetQps: 20 })
  expect(infeasible!.remedies).toContainEqual({
    limit: 'target',
    message: expect.stringMatching(/^spare fewer: without any loss [\d.]+ q\/s are possible$/),
  })
})

test.each([
  ['a target of 0', { targetQps: 0 }, /targetQps: is 0/],
  ['a negative spare', { targetQps: 1, spare: -1 }, /spare: is -1/],
  ['no thread', { targetQps: 1, threads: 0 }, /threads: is 0; a whole number from 1 to 1024/],
  ['a part of a thread', { targetQps: 1, threads: -3.5 }, /threads: is -3\.5/],
  ['a word for threads', { targetQps: 1, threads: 'many' as never }, /threads: is "many"/],
  ['another service', { targetQps: 1, service: 'x' as never }, /service: is "x"; it is one of mean, sampled/],
])('%s is refused', async (_what, more, message) => {
  const workload = await readWorkload('rm2')
  await expect(cheapestConfigurations({ workload, space, ...more })).rejects.toThrow(message)
})
