import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const LOADER = fileURLToPath(new URL('../../.config/typescript.mjs', import.meta.url))
const MODULE = new URL('../../src/serve/young-generation.ts', import.meta.url).href

/** The sizes of the young generation, MB, that a process goes through while objects survive. */
function sizesOf(start: string): number[] {
  const code = `
    import { getHeapSpaceStatistics } from 'node:v8'
    ${start}
    // before the first collection only one of its two halves may be there, of 1 MB
    const size = () => Math.max(2, getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 2 ** 20)
    const sizes = new Set([size()])
    const kept = []
    for (let i = 0; i < 3000; i++) {
      kept.push(new Array(2000).fill(i))
      sizes.add(size())
    }
    console.log(JSON.stringify([...sizes]))`
  const args = ['--import', LOADER, '--input-type=module', '-e', code]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

/** The largest step of the sizes. */
const stepOf = (sizes: readonly number[]) => Math.max(...sizes.slice(1).map((size, i) => size / sizes[i]))

// V8 14, of Node 25, reports the pages that are in use, not the size
const reportsSize = Number.parseInt(process.versions.v8, 10) < 14

test.runIf(reportsSize)('the young generation grows in one step, not by doubling', () => {
  const byDefault = sizesOf('')
  const atOnce = sizesOf(`(await import('${MODULE}')).growYoungGenerationAtOnce()`)
  expect(stepOf(byDefault)).toBe(2)
  expect(stepOf(atOnce)).toBeGreaterThanOrEqual(8)
  expect(Math.max(...atOnce)).toBeGreaterThanOrEqual(Math.max(...byDefault))
})
