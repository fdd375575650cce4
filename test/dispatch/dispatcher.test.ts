import { describe, expect, it } from 'vitest'
import { batchesOf } from '../../src/dispatch/batches.ts'
import { createDispatcher } from '../../src/dispatch/dispatcher.ts'
import type { Policy } from '../../src/dispatch/policy.ts'
import { KairosError } from '../../src/model/errors.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const fleet = (policy?: Policy | string) =>
  createDispatcher({
    workload: smallWorkload(),
    types: ['fast', 'slow'],
    counts: [1, 2],
    ...(policy !== undefined && { policy }),
  })

describe('createDispatcher', () => {
  it('starts queries on instances, and says which', () => {
    const dispatcher = fleet()
    expect(dispatcher.policy).toBe('priced')
    dispatcher.arrive(10, 2, 0)
    dispatcher.arrive(11, 0, 0)
    // the large one on the fast instance, the small one on a slow one: 4 x 10 / 400 is less than 1
    expect(dispatcher.decide(0)).toEqual([
      { query: 10, instance: 0 },
      { query: 11, instance: 1 },
    ])
    expect(dispatcher.decide(0)).toEqual([])
    expect([dispatcher.instances, dispatcher.idle, dispatcher.pending]).toEqual([3, 1, 0])
    expect(dispatcher.complete(0, 9.5)).toBe(9.5)
  })

  it('serves in order of arrival as fcfs', () => {
    const dispatcher = fleet('fcfs')
    for (const query of [1, 2, 3, 4]) dispatcher.arrive(query, 2, 0)
    expect(dispatcher.decide(0)).toEqual([
      { query: 1, instance: 0 },
      { query: 2, instance: 1 },
      { query: 3, instance: 2 },
    ])
    expect(dispatcher.cancel(4)).toBe(true)
    expect(dispatcher.cancel(4)).toBe(false)
  })

  it('lets instances join and leave, from none', () => {
    const dispatcher = createDispatcher({
      workload: smallWorkload(),
      types: ['fast', 'slow'],
      kernel: 'fallback',
    })
    dispatcher.arrive(1, 0, 0)
    expect(dispatcher.decide(0)).toEqual([])
    expect(dispatcher.join('slow')).toBe(0)
    expect(dispatcher.decide(1)).toEqual([{ query: 1, instance: 0 }])
    dispatcher.leave(0)
    expect(dispatcher.stateOf(0)).toBe('gone')
    // the caller tries it again elsewhere, in its old place
    dispatcher.arrive(2, 0, 2)
    dispatcher.arrive(1, 0, 0)
    dispatcher.join('fast')
    expect(dispatcher.decide(2)).toEqual([{ query: 1, instance: 0 }])
  })

  it.each([
    ['the types in use', false, ['1,0', '2,1', '2,0']],
    ['the counts, where it goes by them,', true, ['1,0', '2,0', '2,1', '2,2', '2,1', '2,0']],
  ])('asks the policy again when %s have changed, and only then', (_, byCounts, expected) => {
    const asked: string[] = []
    const counting: Policy = {
      name: 'counting',
      summary: 'fcfs that writes down what it is asked',
      byCounts,
      prepare: () => (counts) => {
        asked.push(counts.join())
        return { kind: 'fcfs' }
      },
    }
    const dispatcher = createDispatcher({
      workload: smallWorkload(),
      types: ['fast', 'slow'],
      counts: [1, 0],
      policy: counting,
    })
    const changes = [
      () => dispatcher.join('fast'),
      () => dispatcher.join('slow'),
      () => dispatcher.join('slow'),
      () => dispatcher.leave(2),
      () => dispatcher.leave(3),
    ]
    const decide = (nowMs: number) => {
      dispatcher.arrive(nowMs, 0, nowMs)
      for (const { instance } of dispatcher.decide(nowMs)) dispatcher.complete(instance, nowMs)
    }
    changes.forEach((change, i) => {
      change()
      decide(i)
    })
    decide(changes.length)
    expect(asked).toEqual(expected)
    // several changes before a decision are one
    for (let i = 0; i < 3; i++) dispatcher.join('slow')
    decide(changes.length + 1)
    expect(asked).toEqual([...expected, '2,3'])
    // of more than 64 instances it asks every 100 ms at most
    for (let i = 0; i < 95; i++) dispatcher.join('slow')
    decide(10)
    dispatcher.join('slow')
    decide(109)
    expect(asked.slice(expected.length + 1)).toEqual(byCounts ? ['2,98'] : [])
    decide(110)
    expect(asked.slice(expected.length + 1)).toEqual(byCounts ? ['2,98', '2,99'] : [])
    // but at once where the last instance of a type leaves, or the first one joins
    dispatcher.leave(0)
    dispatcher.leave(1)
    decide(111)
    expect(asked.at(-1)).toBe('0,99')
    dispatcher.join('fast')
    decide(112)
    expect(asked.at(-1)).toBe('1,99')
  })

  it.each(['priced', 'deadline', 'triton'])('starts batches in a live fleet under %s', (policy) => {
    const workload = { ...smallWorkload(), batching: { maxBatch: 100 } }
    const dispatcher = createDispatcher({ workload, types: ['fast', 'slow'], policy, learns: 'instances' })
    expect([dispatcher.join('fast'), dispatcher.join('slow')]).toEqual([0, 1])
    for (let query = 0; query < 9; query++) dispatcher.arrive(query, 1, query / 10)
    dispatcher.cancel(4)
    const batches = batchesOf(dispatcher.decide(1))
    // the fast one takes 10 ms for 100 items, and 2 for 10
    const fast = batches.find(({ instance }) => instance === 0)!
    expect(fast.queries.length).toBeGreaterThan(1)
    expect(fast.queries).not.toContain(4)
    expect(dispatcher.pending).toBe(8 - batches.reduce((sum, { queries }) => sum + queries.length, 0))
    expect(dispatcher.stateOf(0)).toBe('busy')
    // complete as one: the slowdown is learned from the time of the total
    expect(dispatcher.complete(0, 21)).toBe(20)
    expect(dispatcher.slowdownOf(0, 21)).toBeGreaterThan(1)
    expect(dispatcher.slowdownOf(0, 21)).toBeLessThan(4)
  })

  it('places queries by the slowdown that it is told of an instance', () => {
    const dispatcher = fleet('shortest-completion')
    dispatcher.setSlowdown(0, 100, 0)
    expect(dispatcher.slowdownOf(0, 0)).toBe(100)
    dispatcher.arrive(1, 2, 0)
    expect(dispatcher.decide(0)).toEqual([{ query: 1, instance: 1 }])
    dispatcher.setSlowdown(0, 1, 1)
    dispatcher.arrive(2, 2, 1)
    expect(dispatcher.decide(1)).toEqual([{ query: 2, instance: 0 }])
  })

  it('learns the slowdown of each instance where it is asked to', () => {
    const learnt = (['instances', 'types', 'nothing'] as const).map((learns) => {
      const dispatcher = createDispatcher({
        workload: smallWorkload(),
        types: ['fast', 'slow'],
        counts: [2, 0],
        policy: 'fcfs',
        learns,
      })
      for (let query = 0; query < 20; query++) {
        dispatcher.arrive(query, 2, 100 * query)
        const [{ instance }] = dispatcher.decide(100 * query)
        dispatcher.complete(instance, 100 * query + 30)
      }
      // a failure after a millisecond says nothing of how long queries take
      dispatcher.arrive(99, 2, 2000)
      dispatcher.complete(dispatcher.decide(2000)[0].instance, 2001, false)
      return [0, 1].map((instance) => Math.round(10 * dispatcher.slowdownOf(instance, 2001)) / 10)
    })
    // 30 ms for 10; the other instance goes by the one that has served
    expect(learnt).toEqual([
      [3, 3],
      [1, 1],
      [1, 1],
    ])
  })

  it('refuses what cannot be, and changes nothing', () => {
    const dispatcher = fleet()
    dispatcher.arrive(1, 0, 5)
    expect(dispatcher.decide(5)).toHaveLength(1)
    dispatcher.arrive(0, 0, 5)
    const refused: [() => unknown, string][] = [
      [() => dispatcher.arrive(1.5, 0, 5), 'query: is 1.5'],
      [() => dispatcher.arrive(2 ** 31, 0, 5), 'query: is 2147483648'],
      [
        () => dispatcher.cancel('a query' as never),
        'query: is "a query"; a whole number of 32 bits is expected',
      ],
      [() => dispatcher.cancel(0.5), 'query: is 0.5'],
      [() => dispatcher.arrive(5n as never, 0, 5), 'query: is 5; a whole number of 32 bits is expected'],
      [() => dispatcher.arrive(2, 3, 5), 'bin: is 3; 0 to 2 are expected'],
      [() => dispatcher.arrive(2, -1, 5), 'bin: is -1'],
      [() => dispatcher.arrive(2, 0, NaN), 'arrivalMs: is NaN'],
      [() => dispatcher.decide(4), 'nowMs: is 4, before 5; time must not run backwards'],
      [() => dispatcher.decide(Infinity), 'nowMs: is Infinity'],
      [() => dispatcher.complete(0, 6), 'instance: 0 is idle; busy is expected'],
      [() => dispatcher.complete(9, 6), 'instance: 9 is gone; busy is expected'],
      [() => dispatcher.complete(-1, 6), 'instance: -1 is gone'],
      [() => dispatcher.complete(1, 4), 'nowMs: is 4, before 5'],
      // its lowest 32 bits are those of 1
      [() => dispatcher.complete(2 ** 32 + 1, 6), 'instance: 4294967297 is gone'],
      [() => dispatcher.hold(1, 6, 9), 'instance: 1 is busy; idle is expected'],
      [() => dispatcher.hold(0, 6, NaN), 'untilMs: is NaN; a time in ms is expected'],
      [() => dispatcher.hold(0, 4, 9), 'nowMs: is 4, before 5'],
      [() => dispatcher.leave(3), 'instance: 3 is gone; idle or busy is expected'],
      [() => dispatcher.setSlowdown(0, 0, 5), 'slowdown: is 0; a number > 0 is expected'],
      [() => dispatcher.setSlowdown(0, '5' as never, 5), 'slowdown: is "5"; a number > 0 is expected'],
      [() => dispatcher.setSlowdown(0, 5n as never, 5), 'slowdown: is 5; a number > 0 is expected'],
      [() => dispatcher.setSlowdown(3, 1, 5), 'instance: 3 is gone'],
      [() => dispatcher.setSlowdown(0, Infinity, 5), 'slowdown: is Infinity; a number > 0 is expected'],
      [() => dispatcher.setSlowdown(0, 1, 4), 'nowMs: is 4, before 5'],
      [() => dispatcher.setAging(-0.1), 'aging: is -0.1; a number from 0 to 1 is expected'],
      [() => dispatcher.setAging(2), 'aging: is 2; a number from 0 to 1 is expected'],
      [() => dispatcher.setAging(null as never), 'aging: is null; a number from 0 to 1 is expected'],
      [() => dispatcher.slowdownOf(0, 4), 'nowMs: is 4, before 5'],
      [() => dispatcher.slowdownOf(3, 5), 'instance: 3 is gone; idle or busy is expected'],
      [() => dispatcher.join('quick'), 'type: "quick" is not known; it is one of fast, slow'],
    ]
    for (const [misuse, message] of refused) {
      expect(misuse).toThrow(KairosError)
      expect(misuse).toThrow(message)
    }
    expect([dispatcher.instances, dispatcher.idle, dispatcher.pending]).toEqual([3, 2, 1])
    expect(dispatcher.complete(1, 6)).toBe(1)
  })

  it('refuses counts that are null, and starts that are no list', () => {
    const counts = null as never
    expect(() => createDispatcher({ workload: smallWorkload(), types: ['fast'], counts })).toThrow(
      'counts: is null; one for each of fast is expected',
    )
    expect(() => batchesOf(5 as never)).toThrow('starts: is 5; what decide() of a dispatcher returns is')
  })

  it('has a query twice whose number was pending already', () => {
    const dispatcher = fleet('fcfs')
    dispatcher.arrive(7, 0, 0)
    dispatcher.arrive(7, 2, 1)
    expect(dispatcher.cancel(7)).toBe(true)
    dispatcher.arrive(7, 2, 1)
    expect(dispatcher.decide(1)).toEqual([
      { query: 7, instance: 0 },
      { query: 7, instance: 1 },
    ])
  })

  it('expects an instance at any moment that is held until a time that has passed', () => {
    const startsAfter = (untilMs: number) => {
      const dispatcher = fleet('shortest-completion')
      for (const instance of [0, 1, 2]) dispatcher.hold(instance, 100, untilMs)
      dispatcher.complete(2, 100, false)
      for (let query = 0; query < 4; query++) dispatcher.arrive(query, 2, 100)
      return dispatcher.decide(101)
    }
    expect(startsAfter(-1e300)).toEqual(startsAfter(100))
  })

  it('refuses configurations that do not fit', () => {
    const of =
      (counts: number[], types = ['fast', 'slow'], policy = 'kairos') =>
      () =>
        createDispatcher({ workload: smallWorkload(), types, counts, policy })
    expect(of([1])).toThrow('counts: has 1 number; one for each of fast, slow is expected')
    expect(of([1, -1])).toThrow('counts[1]: is -1 for slow; a whole number >= 0 is expected')
    expect(of([1, 1], ['fast', 'huge'])).toThrow('the latency table has no instance type "huge"')
    const learns = 'everything' as 'nothing'
    expect(() => createDispatcher({ workload: smallWorkload(), types: ['fast'], learns })).toThrow(
      'learns: is "everything"; it is one of types, instances, nothing',
    )
    expect(of([1, 1], ['fast', 'slow'], 'kairo')).toThrow(
      'there is no policy "kairo"; did you mean "kairos"?',
    )
    expect(of([1, 1], ['fast', 'slow'], 'random-choice')).toThrow(
      'choose one of priced, kairos, threshold, deadline, shortest-completion, power-of-two, triton, fcfs',
    )
  })
})

describe('a fleet that grows and shrinks far', () => {
  const types = ['fast', 'slow']
  const open = (counts: readonly number[], kernel: 'wasm' | 'fallback', policy = 'priced') =>
    createDispatcher({ workload: smallWorkload(), types, counts, kernel, policy })

  it('decides on thousands of instances that have joined before the first decision', () => {
    const dispatcher = open([0, 0], 'wasm')
    for (let i = 0; i < 9000; i++) dispatcher.join(types[i % 2])
    dispatcher.arrive(1, 0, 0)
    expect(dispatcher.decide(0)).toHaveLength(1)
    expect(dispatcher.instances).toBe(9000)
  })

  it('decides as the fallback does when all but 40 of 16,384 have left', () => {
    const many = 16_344
    const decisions = (['wasm', 'fallback'] as const).map((kernel) => {
      const dispatcher = open([many, 40], kernel)
      for (let i = 0; i < many; i++) dispatcher.leave(i)
      for (const query of [1, 2, 3]) dispatcher.arrive(query, query % 2, 0)
      return [dispatcher.decide(0), dispatcher.instances, dispatcher.idle]
    })
    expect(decisions[0][0]).toHaveLength(3)
    expect(decisions[0]).toEqual(decisions[1])
  })

  it.each(['kairos', 'priced'])('%s decides as the fallback does at every size', (policy) => {
    const both = (['wasm', 'fallback'] as const).map((kernel) => open([3, 2], kernel, policy))
    let query = 0
    for (const size of [12, 39, 150, 70, 20]) {
      const decisions = both.map((dispatcher) => {
        while (dispatcher.instances < size) dispatcher.join(types[dispatcher.instances % 2])
        for (let i = 0; dispatcher.instances > size; i++) {
          if (dispatcher.stateOf(i) !== 'gone') dispatcher.leave(i)
        }
        for (let i = 0; i < 30; i++) dispatcher.arrive(query + i, i % 2, size)
        const starts = dispatcher.decide(1000 + query)
        for (const { instance } of starts) dispatcher.complete(instance, 1001 + query)
        return starts
      })
      expect(decisions[0].length).toBeGreaterThan(5)
      expect(decisions[0]).toEqual(decisions[1])
      query += 30
    }
  })

  it('refuses to match more than there is memory for, and goes on when there are fewer', () => {
    const dispatcher = open([8, 8], 'wasm', 'kairos')
    while (dispatcher.instances < 8193) dispatcher.join('slow')
    dispatcher.arrive(1, 0, 0)
    for (const again of [0, 1]) {
      expect(() => dispatcher.decide(again)).toThrow(/instances: are too many; .* at most 8192/)
      expect([dispatcher.instances, dispatcher.pending]).toEqual([8193, 1])
    }
    for (let i = 1000; i < 8193; i++) dispatcher.leave(i)
    expect(dispatcher.decide(2)).toHaveLength(1)
  })
})
