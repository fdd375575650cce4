import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kairosHere, temporaryFolder } from '../kairos.ts'

export const RATES = [20, 40, 80, 100, 60, 30]

export function rates(text = `start_s,rate_qps\n${RATES.map((rate, w) => `${600 * w},${rate}\n`).join('')}`) {
  const folder = temporaryFolder()
  const file = join(folder, 'rates.csv')
  writeFileSync(file, text)
  return { folder, file }
}

export const plan = (...args: string[]) => kairosHere(['plan', ...args])
