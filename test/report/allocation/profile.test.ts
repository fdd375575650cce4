import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deriveProfile } from '../../../src/bound/closed-form.ts'
import { readSpace, readWorkload } from '../../../src/index.ts'
import { typeNames } from '../../../src/model/fleet/space.ts'
import { profileText } from '../../../src/report/allocation/profile.ts'
import { kairosHere, temporaryFolder } from '../../cli/kairos.ts'

it('the table of a profile lists each type once', async () => {
  const [workload, space] = await Promise.all([readWorkload('dien'), readSpace('hpdc23')])
  const profile = deriveProfile(workload, space)
  let text = ''
  for await (const part of profileText(new Map([['dien', profile]]), space, 'table', false)) text += part
  expect(text).toContain('q/s of one  on sizes')
  for (const name of typeNames(space)) {
    expect(text.split('\n').filter((line) => line.includes(name))).toHaveLength(1)
  }
})

it('says that rates are those of a slot where instances have several', async () => {
  const folder = temporaryFolder()
  const type = { name: 'g4dn.xlarge', max: 1, slots: 4, base: true }
  writeFileSync(join(folder, 's.json'), JSON.stringify({ types: [type], budgetPerHour: 1 }))
  const { stdout, stderr } = await kairosHere(['profile', '-s', 's.json'], folder)
  expect(stdout).toContain('q/s of one slot')
  expect(stderr).toContain('the rates of g4dn.xlarge are those of one of its 4 slots')
})
