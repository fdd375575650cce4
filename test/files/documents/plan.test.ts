import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPlan } from '../../../src/files/documents/plan.ts'
import { temporaryFolder } from '../../cli/kairos.ts'

test.each([
  ['2026-11-18T09:30:00', '2026-11-18T09:30:00Z'],
  ['2026-11-18 09:30:00,5', '2026-11-18T09:30:00.500Z'],
  ['2026-11-18T09:30:00+02:00', '2026-11-18T07:30:00Z'],
])('the begin %s is read as %s, whatever the zone of the machine', async (begin, read) => {
  const path = join(temporaryFolder(), 'plan.json')
  const byType = { pricePerHour: [1], startDelayS: [0], startFee: [0] }
  const plan = { ...byType, types: ['a'], windowS: 60, cyclic: true, begin, windows: [{ counts: [1] }] }
  writeFileSync(path, JSON.stringify(plan))
  expect((await readPlan(path, ['m'])).begin).toBe(read)
})
