import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, test } from 'vitest'
import * as api from '../src/index.ts'
import * as serve from '../src/serve.ts'

/**
 * Calls each public function that takes options with one that there is not. `options` has the place of the object;
 * the other arguments are what the function needs to get that far.
 */
const CALLS: { readonly [name: string]: (options: never) => unknown } = {
  allowableThroughput: api.allowableThroughput,
  budgetFrontier: api.budgetFrontier,
  cheapestConfigurations: api.cheapestConfigurations,
  cleanQueue: (options) => api.cleanQueue('redis://127.0.0.1:1', options),
  comparePolicies: api.comparePolicies,
  convertTrace: api.convertTrace,
  createDispatcher: api.createDispatcher,
  createLiveRule: api.createLiveRule,
  generateTrace: api.generateTrace,
  importHpdc23: (options) => api.importHpdc23('missing', 'missing', options),
  metricsOf: (options) => api.metricsOf({} as never, options),
  openQueue: (options) => api.openQueue('redis://127.0.0.1:1', options),
  planFleet: api.planFleet,
  rankConfigurations: api.rankConfigurations,
  rankShard: (options) => api.rankShard({} as never, { index: 0, count: 1 }, options),
  rankingQuestion: api.rankingQuestion,
  ratesOfTrace: (options) => api.ratesOfTrace({} as never, options),
  readLatencyTable: (options) => api.readLatencyTable('missing', options),
  readSpace: (options) => api.readSpace('hpdc23', options),
  readTrace: (options) => api.readTrace('missing', options),
  readStoredTrace: (options) => api.readStoredTrace('.', 'missing', options),
  readWorkload: (options) => api.readWorkload('rm2', options),
  replay: api.replay,
  replayPlan: api.replayPlan,
  scheduleOf: (options) => api.scheduleOf(options, {} as never),
  searchConfigurations: api.searchConfigurations,
  space: api.space,
  startQueueWorker: (options) => api.startQueueWorker('redis://127.0.0.1:1', options),
  streamRanking: api.streamRanking,
  workload: api.workload,
  writeTrace: (options) => api.writeTrace('missing', {} as never, options),
  createRouter: serve.createRouter,
  distribute: serve.distribute,
  emulatePlan: serve.emulatePlan,
  measureLatency: serve.measureLatency,
  startEmulator: serve.startEmulator,
}

/** What the type of an object of options is called. */
const OPTIONS = /(Options|Request|Recipe|Setting)$/

interface Parameter {
  readonly of: string
  readonly type: string
  readonly members: readonly { readonly name: string; readonly type: string; readonly declared: string }[]
}

/** The parameters of all public functions, as the compiler sees them. */
function publicParameters(): Parameter[] {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const setting = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(setting.config, ts.sys, root)
  const entries = ['src/index.ts', 'src/serve.ts'].map((path) => root + path)
  const program = ts.createProgram(entries, options)
  const checker = program.getTypeChecker()
  const exported = entries.flatMap((path) =>
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path)!)!),
  )
  return exported.flatMap((symbol) => {
    const calls = checker.getTypeOfSymbol(symbol).getCallSignatures()
    return calls.flatMap(({ parameters }) =>
      parameters.map((parameter) => {
        const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter))
        const members = type.getProperties().map((member) => ({
          name: member.name,
          type: checker.typeToString(checker.getNonNullableType(checker.getTypeOfSymbol(member))),
          declared: member.declarations?.[0]?.getText() ?? '',
        }))
        return { of: symbol.name, type: checker.typeToString(type), members }
      }),
    )
  })
}

describe('every public function with options', () => {
  let parameters: Parameter[]
  let withOptions: Parameter[]
  beforeAll(() => {
    parameters = publicParameters()
    withOptions = parameters.filter(({ type }) => OPTIONS.test(type))
  })

  test('is tested here', () => {
    expect([...new Set(withOptions.map(({ of }) => of))].sort()).toEqual(Object.keys(CALLS).sort())
  })

  test('has a type whose name says that it is options', () => {
    const named = ['signal', 'onProgress', 'kernel', 'seed', 'threads']
    const unnamed = parameters.filter(
      ({ type, members }) => !OPTIONS.test(type) && members.some(({ name }) => named.includes(name)),
    )
    // a host is what a platform provides: its threads are a function
    expect(unnamed.map(({ of, type }) => `${of}: ${type}`)).toEqual(['provideHost: Host'])
  })

  test('takes undefined for an option that may be left out, also under exactOptionalPropertyTypes', () => {
    const optional = withOptions.flatMap(({ of, members }) =>
      members.flatMap(({ declared }) => (/^[^:]*\?:/.test(declared) ? [`${of}: ${declared}`] : [])),
    )
    expect(optional.length).toBeGreaterThan(150)
    expect(optional.filter((each) => !/\| undefined$/.test(each))).toEqual([])
  })

  test('reports its progress in one shape', () => {
    const shapes = withOptions.flatMap(({ of, members }) =>
      members.filter(({ name }) => name === 'onProgress').map(({ type }) => `${of}: ${type}`),
    )
    expect(shapes.length).toBeGreaterThan(12)
    for (const shape of shapes) expect(shape).toMatch(/: OnProgress(<\w+>)?$/)
  })
})

describe('an option that a function does not have is refused', () => {
  test.each(Object.entries(CALLS))('%s', async (_name, call) => {
    const run = async () => call({ nonsense: 1 } as never)
    await expect(run()).rejects.toMatchObject({
      code: 'BAD_USAGE',
      place: { field: 'nonsense' },
      problem: 'is no option of this function',
    })
  })

  test.each(['tls', 'serverTls', 'method'])('%s of createRouter', async (name) => {
    const workload = await api.readWorkload('rm2')
    const run = serve.createRouter({ workload, fleet: [], [name]: { nonsense: 1 } } as never)
    await expect(run).rejects.toMatchObject({ code: 'BAD_USAGE', place: { field: 'nonsense' } })
  })

  test('the nearest option is named', async () => {
    const request = { topM: 3 } as never
    await expect(api.rankConfigurations(request)).rejects.toThrow(
      /^topM: is no option of this function; did you mean "topN"\?/,
    )
  })

  test('an option that is undefined counts as left out', async () => {
    await expect(api.readSpace('hpdc23', { nonsense: undefined } as never)).resolves.toBeDefined()
  })
})
