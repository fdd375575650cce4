import { describe, expect, test } from 'vitest'
import {
  allowableThroughput,
  cheapestConfigurations,
  convertTrace,
  createDispatcher,
  generateTrace,
  planFleet,
  rankConfigurations,
  ratesOfTrace,
  readSpace,
  replay,
  replayPlan,
  searchConfigurations,
  space,
  streamRanking,
  workload,
} from '../src/index.ts'
import { distribute, measureLatency, startEmulator } from '../src/serve.ts'

const FUNCTIONS = {
  allowableThroughput,
  cheapestConfigurations,
  convertTrace,
  createDispatcher,
  distribute,
  generateTrace,
  measureLatency,
  planFleet,
  rankConfigurations,
  ratesOfTrace: (options: object) => ratesOfTrace({} as never, options as never),
  readSpace: (options: object) => readSpace('hpdc23', options),
  replay,
  replayPlan,
  searchConfigurations,
  space,
  startEmulator,
  streamRanking,
  workload,
}

describe('an option that a function does not have is refused', () => {
  test.each(Object.entries(FUNCTIONS))('%s', async (_name, call) => {
    const run = async () => (call as (options: object) => unknown)({ nonsense: 1 })
    await expect(run()).rejects.toMatchObject({
      code: 'BAD_USAGE',
      place: { field: 'nonsense' },
      problem: 'is no option of this function',
    })
  })

  test('the nearest option is named', async () => {
    const request = { topM: 3 } as never
    await expect(rankConfigurations(request)).rejects.toThrow(
      /^topM: is no option of this function; did you mean "topN"\?/,
    )
  })

  test('an option that is undefined counts as left out', async () => {
    await expect(readSpace('hpdc23', { nonsense: undefined } as never)).resolves.toBeDefined()
  })
})
