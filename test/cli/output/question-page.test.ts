/** The question in a report about one configuration. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { questionAround } from '../../../src/cli/output/question-page.ts'
import { readSpace, readWorkload } from '../../../src/index.ts'
import { CLI, kairosHere, temporaryFolder } from '../kairos.ts'

function spaceOf(...types: object[]): string {
  const file = join(temporaryFolder(), 'space.json')
  writeFileSync(file, JSON.stringify({ types, budgetPerHour: 40 }))
  return file
}

const OWN = [
  { name: 'g4dn.xlarge', max: 4, pricePerHour: 9 },
  { name: 'r5n.large', min: 2, max: 6, pricePerHour: 7, base: true },
]

test.each([
  ['replay', ['--rate', '60', '--queries', '500', '--policy', 'fcfs']],
  ['capacity', ['--queries', '500', '--repeats', '2', '--policy', 'fcfs']],
])(
  'the report of %s has the prices of the space, and the cost of the configuration',
  async (command, flags) => {
    const report = join(temporaryFolder(), 'report.html')
    const asked = ['-s', spaceOf(...OWN), '--counts', '2,9', ...flags, '--report', report, '--quiet']
    await kairosHere([command, ...asked])
    const [input] = /(?<=<script type="application\/json" id="input">)[^<]*(?=<)/.exec(
      readFileSync(report, 'utf8'),
    )!
    expect(JSON.parse(input)).toMatchObject({
      counts: [2, 9],
      space: {
        // more instances than the space allows are in the question all the same
        types: [
          { name: 'g4dn.xlarge', min: 0, max: 4, pricePerHour: 9 },
          { name: 'r5n.large', min: 2, max: 9, pricePerHour: 7, base: true },
        ],
        budgetPerHour: 81,
      },
    })
  },
)

test('a space may come through a pipe, which can be read only once', () => {
  const report = join(temporaryFolder(), 'report.html')
  const command =
    'cat "$2" | "$0" "$1" replay -s /dev/stdin --counts 2,9 --rate 60 --queries 500 --report "$3" -q'
  const shown = execFileSync('sh', ['-c', command, process.execPath, CLI, spaceOf(...OWN), report], {
    encoding: 'utf8',
  })
  expect(shown).toMatch(/^rm2 on g4dn\.xlarge=2,r5n\.large=9/)
  expect(readFileSync(report, 'utf8')).toContain('"budgetPerHour":81')
})

test('distribute reads a space from a pipe once, too', () => {
  const missing = join(temporaryFolder(), 'none.json')
  const command = 'cat "$2" | "$0" "$1" distribute -s /dev/stdin --counts 2,9 --rate 60 --service-addr "$3"'
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', command, process.execPath, CLI, spaceOf(...OWN), missing],
    { encoding: 'utf8' },
  )
  expect(stderr).toContain(`${missing}: there is no such file`)
  expect(status).not.toBe(0)
})

test('a type has its price and slots from the space, or its price from the catalog', async () => {
  const workload = await readWorkload('rm2')
  const fleet = { workload, types: ['gpu', 'r5n.large'], counts: [1, 0] }
  expect(await questionAround(fleet, undefined)).toBeUndefined()
  const gpu = { name: 'gpu', max: 3, pricePerHour: 2.5, slots: 4 }
  expect((await questionAround(fleet, await readSpace(spaceOf(gpu))))?.space).toBeUndefined()
  const around = await questionAround(fleet, await readSpace(spaceOf(...OWN, gpu)))
  expect(around?.space.types).toMatchObject([gpu, { name: 'r5n.large', min: 0, max: 6 }])
  expect(around?.space.budgetPerHour).toBe(2.5)
  // the budget is the cost of the configuration, without its rounding error: 0.30000000000000004
  const budgetOf = async (pricePerHour: number, count: number) =>
    (
      await questionAround(
        { ...fleet, counts: [count, 0] },
        await readSpace(spaceOf(...OWN, { ...gpu, pricePerHour })),
      )
    )?.space.budgetPerHour
  expect(await budgetOf(0.1, 3)).toBe(0.3)
  expect(await budgetOf(0.12341, 1)).toBe(0.12341)
  const published = await questionAround({ ...fleet, types: ['g4dn.xlarge', 'r5n.large'] }, undefined)
  expect(published?.space).toEqual({
    types: [
      { name: 'g4dn.xlarge', min: 0, max: 5, base: true, pricePerHour: 0.526 },
      { name: 'r5n.large', min: 0, max: 5, base: false, pricePerHour: 0.149 },
    ],
    budgetPerHour: 0.526,
  })
})
