import { expect, test } from 'vitest'
import * as api from '../src/index.ts'
import * as serve from '../src/serve.ts'
import { smallWorkload } from './fixtures/small-workload.ts'

const workload = smallWorkload()
const trace = { arrivalMs: Float64Array.of(0), batchSize: Float64Array.of(1) }

const types = [{ name: 'fast', max: 2, pricePerHour: 1 }]
const question = api.rankingQuestion({ workload, space: { types, budgetPerHour: 2 }, topN: 1 })
const symbol = Symbol('a')

// as from JavaScript, which checks no types
const given = { ...api, ...serve } as unknown as Record<string, (...args: unknown[]) => unknown>

test.each<[string, unknown[]]>([
  ['rankConfigurations', []],
  ['rankConfigurations', [{}]],
  ['streamRanking', [null]],
  ['cheapestConfigurations', []],
  ['cheapestConfigurations', [{ workload }]],
  ['searchConfigurations', []],
  ['budgetFrontier', [{ workload }]],
  ['budgetFrontier', [{ workload, space: {} }]],
  ['explainConfiguration', []],
  ['deriveProfile', []],
  ['readWorkload', []],
  ['readSpace', [5]],
  ['readMix', []],
  ['readProfile', [{}]],
  ['openTrialLog', [{}]],
  ['replay', []],
  ['replay', [{ workload, trace }]],
  ['replay', [{ workload, trace, types: ['fast'] }]],
  ['replay', [{ workload, trace, types: ['fast'], counts: [1], policy: null }]],
  ['replay', [{ workload, trace, types: ['fast'], slots: [1] }]],
  ['allowableThroughput', []],
  ['allowableThroughput', [{ workload, types: ['fast'], slots: [1] }]],
  ['allowableThroughput', [{ workload, types: ['fast'], counts: [1], repeats: 1e9 }]],
  ['generateTrace', []],
  ['generateTrace', [{ arrivals: 'poisson', rate: 1, queries: 1, seed: 1 }]],
  ['describeTrace', [{}]],
  ['mixOfTrace', [{}]],
  ['convertTrace', []],
  ['createDispatcher', []],
  ['createDispatcher', [{ workload }]],
  ['assign', []],
  ['createRouter', []],
  ['createRouter', [{ workload }]],
  ['startEmulator', []],
  ['startEmulator', [{ workload }]],
  ['distribute', []],
  ['measureLatency', []],
  ['measureLatency', [{ servers: [{ type: 'a', address: 'b:1' }] }]],
  ['costOf', [null, [1]]],
  ['costOf', [{ types }, null]],
  ['costOf', [{ types }, '1']],
  ['costOf', [{ types }, [1n]]],
  ['costOf', [{ types }, [1, 2]]],
  ['mergeParts', [null, []]],
  ['writeSchedules', [null]],
  ['writeSchedules', [[['a.csv', {}]]]],
  ['writeSchedules', [new Map([['a.csv', null]])]],
  ['workload', [{ latency: { a: [[symbol, 2, 3]] } }]],
  ['workload', [{ latency: { a: [[1, symbol, 3]] } }]],
  ['workload', [{ latency: { a: [[1, 2, 3]] }, quantiles: [symbol] }]],
])('%s rejects the arguments %o with a code and a cure', async (name, args) => {
  await expectMisuse(() => given[name](...args))
})

test.each([null, 'ab', [null]])('mergeParts rejects the parts %o with a code and a cure', async (parts) => {
  await expectMisuse(() => given.mergeParts(question, parts))
})

async function expectMisuse(call: () => unknown): Promise<void> {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  expect(error).toBeInstanceOf(api.KairosError)
  expect((error as api.KairosError).cure).not.toBe('')
}
