/** What `kairos-wasm allocate` says beside its result, and its exit status. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const DONE = /^[\d,]+ configurations in \d+ ms\n$/
const TO_VERIFY = 'The bounds are upper bounds. To find the cheapest that is measured to sustain'

/** The budget is the cost of one g4dn.xlarge and 13 r5n.large. */
const SPACE = {
  types: [
    { name: 'g4dn.xlarge', min: 1, max: 1 },
    { name: 'r5n.large', max: 13 },
    { name: 't3.xlarge', max: 2 },
  ],
  budgetPerHour: 2.463,
}

test.each([
  ['g4dn.xlarge=1,r5n.large=13', '', 0],
  ['g4dn.xlarge=1,t3.xlarge=3', 'this configuration is outside the space: t3.xlarge is from 0 to 2\n', 0],
  // it has no type that serves the largest queries in time
  ['t3.xlarge=1', 'this configuration is outside the space: g4dn.xlarge is from 1 to 1\n', 3],
])('--explain %s', async (counts, stderr, status) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'space.json'), JSON.stringify(SPACE))
  const explained = await kairosHere(['allocate', '-s', 'space.json', '--explain', counts], folder)
  expect(explained).toEqual({ status, stdout: expect.stringContaining(`${counts}: at most `), stderr })
})

test.each([
  ['', '60 q/s', ''],
  ['--spare 1', '60 q/s after the loss of 1', ' --spare 1'],
  ['--no-batching', '60 q/s', '', '--no-batching '],
  ['--batching', '60 q/s', '', '--batching '],
  ['--max-batch 500', '60 q/s', '', '--max-batch 500 '],
])(
  'a target with "%s": the command that measures it stands beside data',
  async (flags, what, end, begin = '') => {
    const given = flags.split(' ').filter((flag) => flag !== '')
    const { status, stderr } = await kairosHere([
      ...['allocate', '--target-qps', '60', ...given, '--format', 'csv'],
    ])
    const [note, command, ...rest] = stderr.split('\n')
    expect([status, note]).toEqual([0, `${TO_VERIFY} ${what}:`])
    expect(command).toMatch(/^ {2}(npx )?kairos-wasm allocate /)
    expect(command.replace(/^.* allocate /, '')).toBe(`${begin}--target-qps 60${end} --verify`)
    expect(rest.join('\n')).toMatch(DONE)
  },
)

test('a target that nothing reaches has no command that measures it', async () => {
  const { status, stderr } = await kairosHere(['allocate', '--target-qps', '6000', '--format', 'csv'])
  expect(status).toBe(3)
  expect(stderr).not.toContain(TO_VERIFY)
})

test('a table has the command that measures it, which is not said again beside it', async () => {
  const { stdout, stderr } = await kairosHere(['allocate', '--target-qps', '60'])
  expect(stdout).toContain(TO_VERIFY)
  expect(stderr).toMatch(DONE)
})
