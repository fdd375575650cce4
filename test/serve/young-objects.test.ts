import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const LOADER = fileURLToPath(new URL('../../.config/typescript.mjs', import.meta.url))
const MODULE = new URL('../../src/serve/young-objects.ts', import.meta.url).href

/** The sizes of the room for young objects, MB, that a process goes through while objects survive. */
function sizesOf(start: string): number[] {
  const code = `
    import { getHeapSpaceStatistics } from 'node:v8'
    ${start}
    const room = () => getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 2 ** 20
    const sizes = new Set([room()])
    const kept = []
    for (let i = 0; i < 3000; i++) {
      kept.push(new Array(2000).fill(i))
      sizes.add(room())
    }
    console.log(JSON.stringify([...sizes]))`
  const args = ['--import', LOADER, '--input-type=module', '-e', code]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
}

test('the room for young objects grows to its full size in one step', () => {
  const byDefault = sizesOf('')
  const atOnce = sizesOf(`(await import('${MODULE}')).growRoomForYoungObjectsAtOnce()`)
  const full = Math.max(...byDefault)
  expect(byDefault.length).toBeGreaterThan(2)
  expect(atOnce.at(-1)).toBe(full)
  expect(atOnce.length).toBeLessThanOrEqual(2)
})
