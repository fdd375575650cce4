import { expect, test } from 'vitest'
import * as api from '../src/index.ts'
import * as serve from '../src/serve.ts'
import { smallWorkload } from './fixtures/small-workload.ts'

const workload = smallWorkload()
const trace = { arrivalMs: Float64Array.of(0), batchSize: Float64Array.of(1) }

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
])('%s rejects the arguments %j with a code and a cure', async (name, args) => {
  const error = await Promise.resolve()
    .then(() => given[name](...args))
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
  expect(error).toBeInstanceOf(api.KairosError)
  expect((error as api.KairosError).cure).not.toBe('')
})
