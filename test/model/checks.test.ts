import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { searchConfigurations } from '../../src/allocate/search/search.ts'
import { deriveProfile } from '../../src/bound/closed-form.ts'
import { createDispatcher } from '../../src/dispatch/dispatcher.ts'
import { isOfLostFolder } from '../../src/files/io/disk-error.ts'
import { checkChoice, checkGiven, checkMs, checkTimeLimit, checkWhole } from '../../src/model/checks.ts'
import type { KairosError } from '../../src/model/errors.ts'
import { checkCounts } from '../../src/model/fleet/configuration.ts'
import type { Space } from '../../src/model/fleet/space.ts'
import type { Trace } from '../../src/model/trace/trace.ts'
import { allowableThroughput } from '../../src/replay/allowable-throughput.ts'
import { replay } from '../../src/replay/replay.ts'
import { jsonText } from '../../src/report/json.ts'
import { unlessMalformed } from '../../src/serve/protocols/fields.ts'
import { PUBLISHED_SPACE } from '../fixtures/published.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

test('numbers of the right kind and size pass, all others are told what is expected', () => {
  checkWhole('port', 0, 0, 65_535)
  checkWhole('queue', 2 ** 40, 1)
  for (const value of [-1, 65_536, 0.5, Number.NaN, '80' as unknown as number]) {
    expect(() => checkWhole('port', value, 0, 65_535)).toThrow(/^port: is .*; a whole number from 0 to 65535/)
  }
  expect(() => checkWhole('queue', 0, 1)).toThrow('queue: is 0; a whole number >= 1 is expected')
  checkMs('timeoutMs', 0.5, 0)
  for (const value of [-1, 2 ** 31, Number.NaN, '9' as unknown as number]) {
    expect(() => checkMs('timeoutMs', value, 0)).toThrow(/^timeoutMs: is .*; a number of milliseconds from 0/)
  }
  // such as one of JSON.parse
  for (const value of [{ toString: 1 }, Object.create(null), [Object.create(null)], { toString: () => [] }]) {
    expect(() => checkWhole('queue', value, 1)).toThrow('queue: is an object; a whole number')
  }
  expect(() => checkWhole('queue', '8' as unknown as number, 1)).toThrow('queue: is "8"; a whole number')
  expect(() => checkMs('timeoutMs', '9' as unknown as number, 0)).toThrow('timeoutMs: is "9"; a number')
  checkTimeLimit(Infinity)
  for (const value of [0, Number.NaN, '9' as unknown as number, true as unknown as number]) {
    expect(() => checkTimeLimit(value)).toThrow(/^timeLimitMs: is .*; expected a time > 0/)
  }
  checkChoice('admission', 'all', ['all', 'target'])
  expect(() => checkChoice('admission', 'some', ['all', 'target'])).toThrow('it is one of all, target')
})

test('arrays, Maps and errors of another realm are what they are in this one', async () => {
  const foreign = (code: string, given: object = {}) => runInNewContext(code, { ...given })
  const workload = smallWorkload()
  const { mix, latency } = workload
  const doubles = (values: Float64Array): Float64Array => foreign('Float64Array.from(values)', { values })
  const asked = {
    ...workload,
    mix: { batchSizes: doubles(mix.batchSizes), probabilities: doubles(mix.probabilities) },
    latency: { ...latency, meanMs: doubles(latency.meanMs), knotsMs: doubles(latency.knotsMs) },
  }
  const space = {
    ...PUBLISHED_SPACE,
    types: latency.types.map((name) => ({ name, max: 2, pricePerHour: 0.1 })),
  }
  const profile = foreign('new Map(entries)', { entries: [...deriveProfile(workload, space)] })
  const [own, theirs] = [
    await rankConfigurations({ workload, space, bound: 'closed-form' }),
    await rankConfigurations({ workload: asked, space, bound: 'closed-form', profile }),
  ]
  expect(theirs).toEqual(own)
  expect(jsonText({ counts: doubles(Float64Array.of(1, 2)) })).toBe(jsonText({ counts: [1, 2] }))
  expect(isOfLostFolder(foreign("Object.assign(new Error(), { syscall: 'uv_cwd' })"))).toBe(true)
  expect(unlessMalformed(() => foreign("throw new RangeError('Invalid string length')"))).toBe(undefined)
})

test.each(['workload', 'space'])('a promise as %s is refused', async (name) => {
  const request = { workload: smallWorkload(), space: PUBLISHED_SPACE, [name]: Promise.resolve() }
  await expect(rankConfigurations(request)).rejects.toThrow(`${name}: is a promise; await it`)
})

test.each(['bound', 'ties', 'topN', 'threads', 'pareto'])('a symbol as %s is refused', async (name) => {
  const request = { workload: smallWorkload(), space: PUBLISHED_SPACE, [name]: Symbol('x') }
  await expect(rankConfigurations(request)).rejects.toThrow(`${name}: is Symbol(x); no option is a symbol`)
})

test('a signal, a receiver and a queue are what they are named', () => {
  const names = { signal: true, stop: true, onProgress: true, jobs: true } as const
  checkGiven({ signal: AbortSignal.abort(), onProgress: () => undefined }, names)
  expect(() => checkGiven({ signal: {} } as object, names)).toThrow(
    'signal: is object; an AbortSignal is expected',
  )
  expect(() => checkGiven({ stop: 5 } as object, names)).toThrow(
    'stop: is number; an AbortSignal is expected',
  )
  expect(() => checkGiven({ onProgress: 5 } as object, names)).toThrow('onProgress: is number; a function is')
  expect(() => checkGiven({ jobs: 'redis://127.0.0.1' } as object, names)).toThrow(
    'jobs: is string; what openQueue returns is expected',
  )
})

test('a flag, a host and certificates are what they are named', () => {
  const names = { pareto: 'flag', host: true, adminHost: true, tls: true, serverTls: true } as const
  checkGiven({ pareto: false, host: '::1', adminHost: 'localhost', tls: {} }, names)
  const refused: [object, string][] = [
    [{ pareto: 'false' }, 'pareto: is string; true or false is expected'],
    [{ pareto: null }, 'pareto: is null; true or false is expected'],
    [{ host: 5 }, 'host: is number; the name or the address of a host is expected'],
    [{ adminHost: '' }, 'adminHost: is ""; the name or the address of a host is expected'],
    [{ tls: '' }, 'tls: is ""; an object with the contents of PEM files is expected'],
    [{ serverTls: null }, 'serverTls: is null; an object with the contents of PEM files is expected'],
  ]
  for (const [options, message] of refused) expect(() => checkGiven(options, names)).toThrow(message)
})

describe('every entrance refuses', () => {
  const small = smallWorkload()
  const { types } = small.latency
  const space: Space = {
    ...PUBLISHED_SPACE,
    types: types.map((name) => ({ name, min: 0, max: 2, pricePerHour: 1, base: name === 'fast' })),
  }
  const trace = { arrivalMs: Float64Array.of(0, 1), batchSize: Float64Array.of(1, 2) }
  const counts = types.map(() => 1)

  const entrances: Record<string, (workload: typeof small) => unknown> = {
    rankConfigurations: (workload) => rankConfigurations({ workload, space }),
    'rankConfigurations by the closed form': (workload) =>
      rankConfigurations({ workload, space, bound: 'closed-form' }),
    searchConfigurations: (workload) => searchConfigurations({ workload, space }),
    allowableThroughput: (workload) => allowableThroughput({ workload, types, counts }),
    deriveProfile: async (workload) => deriveProfile(workload, space),
    replay: async (workload) => replay({ workload, types, counts, trace }),
    createDispatcher: async (workload) => createDispatcher({ workload, types, counts }),
  }
  const refusal = async (work: () => unknown): Promise<KairosError> => {
    try {
      await work()
    } catch (error) {
      return error as KairosError
    }
    throw new Error('nothing was refused')
  }

  test.each(Object.keys(entrances))('%s: a workload that is none', async (name) => {
    const enter = entrances[name]
    for (const [change, field] of [
      [{ qosMs: Number.NaN }, 'qosMs'],
      [{ qosMs: -1 }, 'qosMs'],
      [{ qosMs: '35' as unknown as number }, 'qosMs'],
      [{ percentile: 200 }, 'percentile'],
      [{ percentile: 49 }, 'percentile'],
      [{ latency: undefined as never }, 'workload'],
    ] as const) {
      expect(await refusal(() => enter({ ...small, ...change }))).toMatchObject({
        code: 'BAD_MODEL',
        place: { field },
      })
    }
    const nothing = await refusal(() => enter(undefined as never))
    expect(nothing).toMatchObject({ code: 'BAD_MODEL', place: { field: 'workload' } })
  })

  test.each(Object.keys(entrances))('%s: a mix or a table that a kernel cannot read', async (name) => {
    const { latency, mix } = small
    const { batchSizes } = mix
    const mixes: [Partial<typeof mix>, string][] = [
      [{ probabilities: Float64Array.of(Number.NaN, 0.5, 0.5) }, 'mix.probabilities[0]'],
      [{ probabilities: Float64Array.of(1.5, -0.5, 0) }, 'mix.probabilities[1]'],
      [{ probabilities: Float64Array.of(1) }, 'mix.probabilities'],
      [{ probabilities: [0.5, 0.25, 0.25] as never }, 'mix.probabilities'],
      [{ probabilities: Float64Array.of(50, 25, 25) }, 'mix'],
      [{ batchSizes: Float64Array.of(10, 1, 100) }, 'mix.batchSizes[1]'],
    ]
    const tables: [Partial<typeof latency>, string][] = [
      [{ knotsMs: latency.knotsMs.map((ms, i) => (i === 3 ? Number.NaN : ms)) }, 'latency.knotsMs[3]'],
      [{ knotsMs: latency.knotsMs.slice(0, 9) }, 'latency.knotsMs'],
      [{ knotsMs: latency.knotsMs.toReversed() }, 'latency.knotsMs[1]'],
      [{ meanMs: latency.meanMs.map((ms) => -ms) }, 'latency.meanMs[0]'],
      [{ meanMs: latency.meanMs.map(() => 1e200) }, 'latency.meanMs[0]'],
      [{ meanMs: latency.meanMs.slice(1) }, 'latency.meanMs'],
      [{ batchSizes: batchSizes.toReversed() }, 'latency.batchSizes[1]'],
      [{ levels: Float64Array.of(0, 0.5, 0.99) }, 'latency.levels'],
      [{ levels: Float64Array.of(0, NaN, 1) }, 'latency.levels[1]'],
      [{ levels: Float64Array.of(NaN, 1) }, 'latency.levels'],
      [{ concurrency: Float64Array.of(1) }, 'latency.concurrency'],
    ]
    const changes = [
      ...mixes.map(([change, field]) => [{ mix: { ...mix, ...change } }, field] as const),
      ...tables.map(([change, field]) => [{ latency: { ...latency, ...change } }, field] as const),
    ]
    for (const [change, field] of changes) {
      const error = await refusal(() => entrances[name]({ ...small, ...change }))
      expect(error).toMatchObject({ code: 'BAD_MODEL', place: { field } })
    }
  })

  test('but not a bare name beside a profile, which says the rest', async () => {
    const profile = deriveProfile(small, space)
    const { rows } = await rankConfigurations({ workload: { model: 'box' } as typeof small, space, profile })
    expect(rows).toEqual((await rankConfigurations({ workload: small, space, bound: 'closed-form' })).rows)
  })

  test('spaces, traces, bounds and logs that are none', async () => {
    const workload = small
    const nothing = undefined as never
    const refused: [() => unknown, string][] = [
      [() => rankConfigurations({ workload, space: nothing }), 'space'],
      [() => searchConfigurations({ workload, space: {} as Space }), 'space'],
      [() => deriveProfile(workload, nothing), 'space'],
      [() => rankConfigurations({ workload, space, bound: 'foo' as 'fluid' }), 'bound'],
      [() => replay({ workload, types, counts, trace: nothing }), 'trace'],
      [() => replay({ workload, types, counts, trace: { arrivalMs: trace.arrivalMs } as Trace }), 'trace'],
      [
        () => replay({ workload, types, counts, trace: { ...trace, arrivalMs: [0, 1] as never } }),
        'arrivalMs',
      ],
      [
        () => replay({ workload, types, counts, trace: { ...trace, batchSize: [1, 2] as never } }),
        'batchSize',
      ],
      [() => searchConfigurations({ workload, space, log: 'x' as never }), 'log'],
    ]
    for (const [work, field] of refused) {
      const error = await refusal(work)
      expect([error.name, error.place?.field]).toEqual(['KairosError', field])
    }
  })
})

test('as many instances as are possible are accepted, and no more', () => {
  expect(() => checkCounts(['a', 'b'], [6, 4], 1, 10)).not.toThrow()
  expect(() => checkCounts(['a', 'b'], [6, 5], 1, 10)).toThrow(
    'counts: are 11 instances; at most 10 are possible',
  )
  expect(() => checkCounts(['a', 'b'], [0, 0], 0, 10)).not.toThrow()
})
