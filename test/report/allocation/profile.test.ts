import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { profileText } from '../../../src/report/allocation/profile.ts'
import { kairosHere, temporaryFolder } from '../../cli/kairos.ts'

it('the table of a profile has a line for each type: rate, cutoff, shares, and rates at wider cutoffs', () => {
  const rates = new Map([
    [50, 20],
    [80, 12.5],
    [100, 9],
  ])
  const auxiliary = { cutoff: 50, smallShare: 0.25, timeShare: 0.1, rates }
  const profile = new Map([
    ['gpu', { qps: 100 }],
    ['cpu', { qps: 20, auxiliary }],
  ])
  const types = [...profile.keys()].map((name) => ({ name, max: 1, pricePerHour: 1 }))
  const text = profileText(new Map([['own', profile]]), { types, budgetPerHour: 1 }, 'table', false)
  expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['model', 'type', 'cutoff', 'small', 'base time', 'q/s of one', 'on sizes up to a wider cutoff'],
    ['own', 'gpu', 'base', '100.0'],
    ['own', 'cpu', '50', '25.0%', '10.0%', '20.0', '80: 12.5, 100: 9.00'],
    [''],
  ])
})

it('says that rates are those of a slot where instances have several', async () => {
  const folder = temporaryFolder()
  const type = { name: 'g4dn.xlarge', max: 1, slots: 4, base: true }
  writeFileSync(join(folder, 's.json'), JSON.stringify({ types: [type], budgetPerHour: 1 }))
  const { stdout, stderr } = await kairosHere(['profile', '-s', 's.json'], folder)
  expect(stdout).toContain('q/s of one slot')
  expect(stderr).toContain('the rates of g4dn.xlarge are those of one of its 4 slots')
})
