import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../kairos.ts'

test.each([
  [
    'a misspelt key',
    { model: 'rm2', budgt: 3 },
    /flags.json line 3: budgt: is not a flag of this command; did you mean "budget"/,
  ],
  [
    'a key that resembles no flag',
    { unknownWord: 3 },
    /the flags are workload, model, .*percentile, batching, maxBatch, /,
  ],
  [
    'a value that the flag refuses',
    { model: 'rm2', budget: -1 },
    /flags.json line 3: budget: is -1; expected a number of dollars/,
  ],
  [
    'an object for a name',
    { model: { rm2: 1 } },
    /flags.json line 2: model: is {"rm2":1}; a text is expected/,
  ],
  [
    'a list for a file',
    { model: 'rm2', space: ['a.yaml', 'b.yaml'] },
    /flags.json line 3: space: is \["a.yaml","b.yaml"\]; a text is expected/,
  ],
  [
    'a list for one of several choices',
    { model: 'rm2', format: ['csv', 'json'] },
    /flags.json line 3: format: is \["csv","json"\]; Allowed choices are/,
  ],
  [
    'a flag that is given twice',
    { 'top-n': 1, topN: 2 },
    /flags.json line 3: topN: repeats top-n; leave one of them out/,
  ],
  [
    'a switch that is no truth value',
    { model: 'rm2', batching: 'yes' },
    /flags.json line 3: batching: is yes; true or false is expected/,
  ],
  [
    'a switch for the opposite that is no truth value',
    { model: 'rm2', color: 'never' },
    /flags.json line 3: color: is never; true or false is expected/,
  ],
])('a config with %s', async (_what, flags, message) => {
  const file = join(temporaryFolder(), 'flags.json')
  writeFileSync(file, JSON.stringify(flags, null, 1))
  const { status, stderr } = await kairosHere(['allocate', '-c', file])
  expect(stderr).toMatch(message)
  expect(status).toBe(2)
})
