import { expect, test } from 'vitest'
import { kairos } from '../kairos.ts'

const MANY = ['--counts', '1,0,200,0']

const times = (text: string) => text.split('kairos is slow on more than 200 instances').length - 1

test.each([
  ['replay', ['replay', ...MANY, '--rate', '100', '--queries', '200']],
  ['capacity', ['capacity', ...MANY, '--queries', '200', '--repeats', '1']],
  ['search', ['search', '-s', 'examples/large-fleet/space.json', '--time-limit', '1']],
  ['distribute', ['distribute', ...MANY, '--service-addr', 'none.json', '--queries', '10']],
])('%s says once that kairos is slow on a large fleet', async (_, args) => {
  const { stderr } = await kairos([...args, '--policy', 'kairos'])
  expect(times(stderr)).toBe(1)
  expect(times((await kairos([...args, '--policy', 'priced'])).stderr)).toBe(0)
})
