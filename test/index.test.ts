import { test } from 'vitest'
import * as api from '../src/index.ts'
import * as serve from '../src/serve.ts'
import { expectMisuse } from './expect-misuse.ts'
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
  ['costOf', [{ types }, new Array(1)]],
  ['explainConfiguration', [workload, { types, budgetPerHour: 2 }, [symbol]]],
  ['explainConfiguration', [workload, { types, budgetPerHour: 2 }, new Array(1)]],
  ['mergeParts', [null, []]],
  ['rankShard', [question]],
  ['plannedServers', [[null], ['fast'], [1]]],
  ['readSpace', ['hpdc23', { catalog: {} }]],
  ['writeSchedules', [null]],
  ['writeSchedules', [[['a.csv', {}]]]],
  ['writeSchedules', [new Map([['a.csv', null]])]],
  ['workload', [{ latency: { a: [[symbol, 2, 3]] } }]],
  ['workload', [{ latency: { a: [[1, symbol, 3]] } }]],
  ['workload', [{ latency: { a: [[1, 2, 3]] }, quantiles: [symbol] }]],
])('%s rejects the arguments %o with a code and a cure', async (name, args) => {
  await expectMisuse(() => given[name](...args))
})

const space = { types, budgetPerHour: 2 }
const fleet = { workload, types: ['fast'], counts: [1] }
const { latency } = workload
const schedule = {
  ...{ types: ['fast'], windowS: 60, counts: [[1]], pricePerHour: [1], startDelayS: [0], startFee: [0] },
  cyclic: false,
}

/** No server listens at this address: what is wrong is found before. */
const MEASURED = { servers: [{ type: 'fast', address: '127.0.0.1:1' }], sizes: [1], samples: 10, model: 'm' }

/** Calls of public functions with one value that the test puts in. */
const CALLS: Record<string, (value: never) => unknown> = {
  'a name of a model': (model) => api.rankConfigurations({ space, workload: { ...workload, model } }),
  'a target': (qosMs) => api.rankConfigurations({ space, workload: { ...workload, qosMs } }),
  'types of a table': (each) =>
    api.rankConfigurations({ space, workload: { ...workload, latency: { ...latency, types: each } } }),
  'a type of a table': (type) =>
    api.rankConfigurations({
      space,
      workload: { ...workload, latency: { ...latency, types: [type, 'slow'] } },
    }),
  'a largest batch': (maxBatch) =>
    api.rankConfigurations({ space, workload: { ...workload, batching: { maxBatch: { fast: maxBatch } } } }),
  'a batching': (batching) => api.rankConfigurations({ space, workload: { ...workload, batching } }),
  'a name of a type': (name) =>
    api.rankConfigurations({ workload, space: { ...space, types: [{ ...types[0], name }] } }),
  'a price': (pricePerHour) =>
    api.rankConfigurations({ workload, space: { ...space, types: [{ ...types[0], pricePerHour }] } }),
  'a price of costOf': (pricePerHour) => api.costOf({ types: [{ ...types[0], pricePerHour }] }, [1]),
  'a budget': (budgetPerHour) => api.rankConfigurations({ workload, space: { ...space, budgetPerHour } }),
  'a bound': (bound) => api.rankConfigurations({ workload, space, bound }),
  'a kernel': (kernel) => api.budgetFrontier({ workload, space, kernel }),
  'a rate to serve': (targetQps) => api.cheapestConfigurations({ workload, space, targetQps }),
  'a name of a built workload': (model) => api.workload({ model, latency: {}, mix: {}, qosMs: 1 }),
  'a quantile': (quantile) =>
    api.workload({ latency: { a: [[1, 2, 3]] }, quantiles: [quantile], mix: { 1: 1 }, qosMs: 9 }),
  'a batch size': (size) =>
    api.workload({ latency: { a: [[1, 2, 3]], b: [[size, 2, 3]] }, mix: { 1: 1 }, qosMs: 9 }),
  'types of a fleet': (each) => api.replay({ ...fleet, trace, types: each }),
  'a type of a fleet': (type) => api.replay({ ...fleet, trace, types: [type] }),
  'a list of policies': (policies) => api.comparePolicies({ ...fleet, policies }),
  'a number of queries': (queries) => api.allowableThroughput({ ...fleet, queries }),
  'a process of arrivals': (arrivals) =>
    api.generateTrace({ arrivals, cv: 1, rate: 1, queries: 1, seed: 1, mix: workload.mix }),
  'a window of rates': (windowS) => api.ratesOfTrace(trace, { windowS }),
  'a statistic': (statistic) => api.ratesOfTrace(trace, { windowS: 1, statistic }),
  'a part of a window': (partS) => api.ratesOfTrace(trace, { windowS: 1, partS }),
  'a window of a plan': (windowS) => api.planFleet({ workload, space, rateQps: [1], windowS }),
  'a utilisation': (utilisation) =>
    api.planFleet({ workload, space, rateQps: [1], windowS: 60, utilisation }),
  'a fee': (fast) => api.planFleet({ workload, space, rateQps: [1], windowS: 60, startFee: { fast } }),
  'a headroom': (headroom) => api.createLiveRule({ workload, space, windowS: 60, headroom }),
  'types of a schedule': (each) => api.plannedFleets({ ...schedule, types: each }),
  'a type of a schedule': (type) => api.plannedFleets({ ...schedule, types: [type] }),
  'a window of a schedule': (windowS) => api.plannedFleets({ ...schedule, windowS }),
  'counts of a schedule': (counts) => api.plannedFleets({ ...schedule, counts: [counts] }),
  'a count of a schedule': (count) => api.plannedFleets({ ...schedule, counts: [[count]] }),
  'a cycle of a schedule': (cyclic) => api.plannedFleets({ ...schedule, cyclic }),
  'a type of servers': (type) => api.plannedServers([], [type], []),
  'a speed of an emulator': (speed) =>
    serve.emulatePlan({ workload, schedule, speed, onError: () => undefined }),
  'servers of a router': (servers) => serve.createRouter({ workload, fleet: servers }),
  'a path to write': (path) => api.writeMix(path, workload.mix),
  'a path of a trace': (path) => api.readTrace(path),
  'a path of an archive': (path) => api.importHpdc23(path, 'out'),
  'a path below a root': (path) => api.readStoredTrace('.', path),
  'a folder of parts': (folder) => api.readFolderQuestion(folder),
  'a path of a workload': (path) => api.readWorkload(path),
  'a format of traces': (format) => api.convertTrace({ format, path: 'missing' }),
  'a size to clamp to': (clampTo) => api.convertTrace({ format: 'kairos', path: 'missing', clampTo }),
  'a URL of a queue': (url) => api.queueStatus(url),
  'an instance of a dispatcher': (instance) => api.createDispatcher(fleet).complete(instance, 0),
  'a type of a dispatcher': (type) => api.createDispatcher(fleet).join(type),
  'inputs of a model': (inputs) => serve.measureLatency({ ...MEASURED, inputs }),
}

test.each(Object.entries(CALLS))('%s that cannot be printed or compared is refused', async (_name, call) => {
  const bare = Object.create(null)
  for (const value of [bare, symbol, [bare], [symbol]]) await expectMisuse(() => call(value as never))
})

test.each([null, 'ab', [null]])('mergeParts rejects the parts %o with a code and a cure', async (parts) => {
  await expectMisuse(() => given.mergeParts(question, parts))
})
