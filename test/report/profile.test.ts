import { expect, it } from 'vitest'
import { deriveProfile } from '../../src/bound/closed-form.ts'
import { readSpace, readWorkload } from '../../src/index.ts'
import { typeNames } from '../../src/model/space.ts'
import { profileText } from '../../src/report/profile.ts'

it('the table of a profile lists each type once', async () => {
  const [workload, space] = await Promise.all([readWorkload('dien'), readSpace('hpdc23')])
  const profile = deriveProfile(workload, space)
  let text = ''
  for await (const part of profileText(new Map([['dien', profile]]), 'table', false)) text += part
  for (const name of typeNames(space)) {
    expect(text.split('\n').filter((line) => line.includes(name))).toHaveLength(1)
  }
})
