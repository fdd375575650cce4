import { describe, expect, test } from 'vitest'
import { latticeOf } from '../../src/allocate/select/lattice.ts'
import { closedForm, deriveProfile } from '../../src/bound/closed-form.ts'
import { publishedEstimate } from '../../src/bound/published-estimate.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import type { Space } from '../../src/model/fleet/space.ts'
import type { Profile, TypeProfile } from '../../src/model/workload/profile.ts'
import { PUBLISHED_SPACE, publishedProfiles } from '../fixtures/published.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'
import { backends } from '../kernel/backends.ts'

const smallSpace: Space = {
  types: [
    { name: 'slow', min: 0, max: 3, pricePerHour: 1, base: false },
    { name: 'fast', min: 0, max: 3, pricePerHour: 2, base: true },
  ],
  budgetPerHour: 10,
}

/** Shares within 1% (ncf 3%); rates within 2% (ncf 8%, t3.xlarge 12%): the published samples were few. */
const tolerance = (model: string, type: string) => ({
  share: model === 'ncf' ? 0.03 : 0.01,
  rate: type === 't3.xlarge' ? 0.12 : model === 'ncf' ? 0.08 : 0.02,
})

describe.each([...publishedProfiles()])('the profile of %s', (model, published) => {
  test('has the published cutoffs, and its shares and rates', async () => {
    const derived = deriveProfile(await readWorkload(model), PUBLISHED_SPACE)
    expect([...derived.keys()]).toEqual([...published.keys()])
    for (const [name, type] of published) {
      const own = derived.get(name)!
      const { share, rate } = tolerance(model, name)
      const near = (value: number, expected: number, relative: number) =>
        expect(Math.abs(value / expected - 1), `${name}: ${value} for ${expected}`).toBeLessThan(relative)
      near(own.qps, type.qps, rate)
      expect(own.auxiliary?.cutoff).toBe(type.auxiliary?.cutoff)
      if (!type.auxiliary || !own.auxiliary) continue
      near(own.auxiliary.smallShare, type.auxiliary.smallShare, share)
      near(own.auxiliary.timeShare, type.auxiliary.timeShare, share)
      expect([...own.auxiliary.rates.keys()]).toEqual([...type.auxiliary.rates.keys()])
      for (const [upTo, qps] of type.auxiliary.rates) near(own.auxiliary.rates.get(upTo)!, qps, rate)
    }
  })
})

test('a profile that can be worked out by head', () => {
  // mix 1/2, 1/4, 1/4; fast takes 1, 2, 10 ms, slow 4, 20, 400 ms with medians 4, 20, 400; QoS 20 ms
  const profile = deriveProfile(smallWorkload(), smallSpace)
  expect(profile.get('fast')).toEqual({ qps: 1000 / (0.5 + 0.5 + 2.5) })
  const slow = profile.get('slow')!.auxiliary!
  expect(slow.cutoff).toBe(100)
  expect(slow.smallShare).toBe(1)
  expect(slow.timeShare).toBe(1)
  expect(slow.rates.get(100)).toBeCloseTo(1000 / (2 + 5 + 100), 12)
})

test('a profile that was made for another base is that of the base that is marked', () => {
  const profile = deriveProfile(smallWorkload(), smallSpace)
  const { qps } = profile.get('fast')!
  const asAuxiliary = { cutoff: 10, smallShare: 0.75, timeShare: 0.3, rates: new Map([[10, qps]]) }
  const ofBoth = new Map(profile).set('fast', { qps, auxiliary: asAuxiliary })
  expect(closedForm(ofBoth, smallSpace)).toEqual(closedForm(profile, smallSpace))
})

test('the cutoff is the first bin whose median exceeds the target', () => {
  // 20 ms at size 10: at the target of 20 ms above, the cutoff is 100
  const workload = { ...smallWorkload(), qosMs: 19.999 }
  const slow = deriveProfile(workload, smallSpace).get('slow')!.auxiliary!
  expect(slow.cutoff).toBe(10)
  expect(slow.smallShare).toBe(0.75)
  expect(slow.timeShare).toBeCloseTo(1 / 3.5, 12)
})

describe('without a query up to the cutoff of an auxiliary type', () => {
  // slow is late from its first bin on, and no query has the size of that bin
  const small = smallWorkload()
  const workload = {
    ...small,
    mix: { ...small.mix, probabilities: Float64Array.of(0, 0.5, 0.5) },
    qosMs: 3,
  }
  const profile = deriveProfile(workload, smallSpace)

  test('the type has no rate', () => {
    const auxiliary = { cutoff: 1, smallShare: 0, timeShare: 0, rates: new Map([[1, 0]]) }
    expect(profile.get('slow')).toEqual({ qps: 0, auxiliary })
  })

  test.each(backends)('the %s kernel gives what the base serves alone', (_name, kernel) => {
    const lattice = latticeOf(smallSpace)
    const form = closedForm(profile, smallSpace)
    const bounds = kernel.scanLattice({ lattice, closedForm: form, from: 0, to: 16 })
    const base = 1000 / (0.5 * 2 + 0.5 * 10)
    // a configuration is numbered 4 slow + fast
    const alone = Array.from({ length: 16 }, (_, number) => (number % 4) * base)
    for (const [number, bound] of bounds.entries()) expect(bound).toBeCloseTo(alone[number], 9)
    for (const counts of [
      [0, 1],
      [2, 1],
      [3, 2],
    ]) {
      expect(publishedEstimate(form, counts)).toBeCloseTo(counts[1] * base, 9)
    }
  })

  test.each(backends)('the %s kernel selects rows', (_name, kernel) => {
    const closed = closedForm(profile, smallSpace)
    const page = { from: 0, to: 16, limit: 20, byCost: true }
    const { bound, feasible } = kernel.selectLattice({
      lattice: latticeOf(smallSpace),
      closedForm: closed,
      ...page,
    })
    expect(feasible).toBe(12)
    expect(bound.every((value) => value > 0)).toBe(true)
  })
})

test('where every query is small, the published operations divide by nothing', () => {
  const form = closedForm(deriveProfile(smallWorkload(), smallSpace), smallSpace)
  const base = 1000 / 3.5
  const slow = 1000 / (2 + 5 + 100)
  expect(publishedEstimate(form, [2, 1])).toBeCloseTo(base + 2 * slow, 9)
})

test('a share of small queries that is rounded to all of them gives the limit of the published operations', () => {
  const formOf = (smallShare: number) => {
    const auxiliary = { cutoff: 100, smallShare, timeShare: 0.9, rates: new Map([[100, 50]]) }
    return closedForm(new Map<string, TypeProfile>([...fast, ['slow', { qps: 50, auxiliary }]]), smallSpace)
  }
  const fast = new Map([['fast', { qps: 100 }]])
  // 1 - 1e-9 of the queries are small, in 0.9 of the time: split by the rates of both, then limited by the base
  for (const [slow, expected] of [
    [3, 100 + 0.9 * 150],
    [30, 1000],
  ]) {
    expect(publishedEstimate(formOf(1 - 1e-9), [slow, 1])).toBeCloseTo(expected, 4)
    expect(publishedEstimate(formOf(1), [slow, 1])).toBeCloseTo(expected, 9)
  }
})

describe('laid out for a kernel', () => {
  test('types in the order of the space, cutoffs by rank', () => {
    const form = closedForm(publishedProfiles().get('rm2')!, PUBLISHED_SPACE)
    expect(form.base).toBe(0)
    expect(form.baseRate).toBe(15.04)
    expect(Array.from(form.cutoff)).toEqual([-1, 2, 1, 0])
    expect(Array.from(form.rate)).toEqual([0, 0, 0, 6.39, 0, 0, 10.39, 4.83, 0, 10.73, 10.27, 4.74])
  })

  test.each<
    [string, (profile: Map<string, Profile extends ReadonlyMap<string, infer T> ? T : never>) => void, RegExp]
  >([
    [
      'a type is missing',
      (profile) => profile.delete('r5n.large'),
      /profile: has no type "r5n.large"; it has g4dn/,
    ],
    [
      'an auxiliary has no cutoff',
      (profile) => profile.set('t3.xlarge', { qps: 1 }),
      /has no cutoff for t3.xlarge; mark the base type of the space with "base": true, or list it first/,
    ],
    [
      'a rate is missing',
      (profile) => {
        const { qps, auxiliary } = profile.get('t3.xlarge')!
        profile.set('t3.xlarge', { qps, auxiliary: { ...auxiliary!, rates: new Map([[400, 6.39]]) } })
      },
      /no rate of t3.xlarge up to batch size 870; add all_batch\["870"\]/,
    ],
  ])('%s', (_what, change, message) => {
    const profile = new Map(publishedProfiles().get('rm2'))
    change(profile)
    expect(() => closedForm(profile, PUBLISHED_SPACE)).toThrow(message)
  })
})
