import { appendFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { digestOfCode } from '../../.config/engine-digest.mjs'
import { temporaryFolder } from '../cli/kairos.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('the digest is that of the code that computes results', () => {
  const folder = temporaryFolder()
  for (const part of ['src', 'package-lock.json'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  const digestAfter = (changed: string) => {
    appendFileSync(join(folder, changed), '\n// changed\n')
    return digestOfCode(folder)
  }
  const first = digestOfCode(folder)
  const others = ['src/replay/largest-rate.ts', 'src/dispatch/kairos.ts', 'src/kernel/fallback/kernel.ts']
  expect(digestAfter('src/serve/router/router.ts')).toBe(first)
  expect(digestAfter('src/kernel/engine-digest.ts')).toBe(first)
  expect(new Set([first, ...others.map(digestAfter)]).size).toBe(4)
})

async function digestWith(code: string): Promise<string> {
  vi.resetModules()
  vi.doMock('../../src/kernel/engine-digest.ts', () => ({ ENGINE_DIGEST: code }))
  const { provideHost } = await import('../../src/kernel/host.ts')
  const { engineDigest } = await import('../../src/kernel/load.ts')
  provideHost({ threads: 1, kernelBytes: () => Uint8Array.of(1) })
  return engineDigest()
}

test('other code with the same kernel is another version', async () => {
  onTestFinished(() => void vi.doUnmock('../../src/kernel/engine-digest.ts'))
  expect(await digestWith('a')).toBe(await digestWith('a'))
  expect(await digestWith('a')).not.toBe(await digestWith('b'))
})
