import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readWorkload } from '../../src/index.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { prepare } from '../../src/replay/input.ts'
import { drawsOf, repetitionOf } from '../../src/replay/repetition.ts'
import { kairosHere, temporaryFolder } from '../cli/kairos.ts'
import { blocksOf, commandsOf } from './documents.ts'

test('the commands of the guide replay a repetition of capacity exactly', async () => {
  const commands = blocksOf('docs/guide.md').flatMap(commandsOf)
  const [generate, replay] = commands.filter((command) => command.includes('results/repetition.csv'))
  const file = join(temporaryFolder(), 'repetition.csv')
  const run = async (command: string, ...more: string[]) => {
    const words = command.replace('results/repetition.csv', file).split(' ').slice(2)
    const { status, stdout } = await kairosHere([...words, ...more])
    expect(status).toBe(0)
    return stdout
  }
  await run(generate)
  const { results } = JSON.parse(await run(replay, '--format', 'json'))
  const asked = / --rate (\S+)/.exec(replay)?.[1]
  const [{ types, counts, policy, seed, queries, violations, latencyMs }] = results

  const configuration = {
    workload: await readWorkload('rm2'),
    types,
    counts,
    policy,
    service: 'sampled',
  } as const
  const draws = drawsOf({ ...configuration, arrivals: 'poisson', queries }, seed)
  const trial = repetitionOf(prepare(configuration), draws).inputAt(Number(asked))
  const outcome = loadKernel('wasm').replay({ ...trial, record: true, stopAfterViolations: queries })
  const slowest = outcome.finishMs.reduce((most, at, i) => Math.max(most, at - trial.arrivalMs[i]), 0)
  expect([seed, queries]).toEqual([2, 20_000])
  expect([violations, latencyMs.max]).toEqual([outcome.violations, slowest])
})
