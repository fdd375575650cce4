import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { background } from '../background.ts'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const MANY = ['--counts', '1,0,200,0']

const times = (text: string) => text.split('kairos is slow on more than 200 instances').length - 1

/** A folder with a plan, a space and a fleet of more than 200 instances. */
function largeFleet(): string {
  const folder = temporaryFolder()
  const write = (name: string, document: object) =>
    writeFileSync(join(folder, name), JSON.stringify(document))
  const types = ['g4dn.xlarge', 'r5n.large']
  write('space.json', {
    types: types.map((name, t) => ({ name, max: [15, 190][t], base: t === 0 })),
    budgetPerHour: 1000,
  })
  write('plan.json', {
    ...{ types, pricePerHour: [0.5, 0.1], startDelayS: [0, 0], startFee: [0, 0], windowS: 60, cyclic: true },
    windows: [{ counts: [1, 5] }, { counts: [1, 200] }],
  })
  write('fleet.json', { servers: [{ address: '127.0.0.1:1', type: 'r5n.large', slots: 201 }] })
  return folder
}

test.each([
  ['replay', ['replay', ...MANY, '--rate', '100', '--queries', '200']],
  ['replay under a plan', ['replay', '--plan', 'plan.json', '--rate', '100', '--queries', '200']],
  ['capacity', ['capacity', ...MANY, '--queries', '200', '--repeats', '1']],
  ['report', ['report', '-s', 'space.json', '--queries', '200', '--repeats', '1', '--top-n', '1']],
  [
    'search',
    [
      'search',
      '-s',
      join(import.meta.dirname, '../../../examples/large-fleet/space.json'),
      '--time-limit',
      '1',
    ],
  ],
  ['distribute', ['distribute', ...MANY, '--service-addr', 'none.json', '--queries', '10']],
])('%s says once that kairos is slow on a large fleet', async (_, args) => {
  const folder = largeFleet()
  const { stderr } = await kairosHere([...args, '--policy', 'kairos'], folder)
  expect(times(stderr)).toBe(1)
  expect(stderr).toContain('priced')
  expect(times((await kairosHere([...args, '--policy', 'priced'], folder)).stderr)).toBe(0)
})

test('route says it when it starts', async () => {
  const folder = largeFleet()
  const said = async (policy: string) => {
    const ports = ['--port', '0', '--admin-port', '0']
    const router = background(['route', '--fleet', 'fleet.json', '--policy', policy, ...ports], folder)
    await router.says(/routing rm2/)
    await router.end('SIGTERM')
    return router.stderr
  }
  expect(times(await said('kairos'))).toBe(1)
  expect(times(await said('priced'))).toBe(0)
})
