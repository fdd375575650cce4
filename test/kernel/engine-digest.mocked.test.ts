import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { digestOfCode } from '../../.config/engine-digest.mjs'
import { temporaryFolder } from '../cli/kairos.ts'

test('the digest is that of the code that computes results', () => {
  const folder = temporaryFolder()
  const rooms = ['model', 'kernel', 'bound', 'dispatch', 'replay', 'allocate', 'queue', 'files/traces']
  const write = (path: string, text: string) => {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const digestAfter = (path: string) => {
    write(path, 'changed')
    return digestOfCode(folder)
  }
  for (const room of [...rooms, 'serve']) write(`src/${room}/inner/code.ts`, '')
  write('package-lock.json', '{}')
  const first = digestOfCode(folder)
  expect(digestAfter('src/serve/inner/code.ts')).toBe(first)
  expect(digestAfter('src/kernel/engine-digest.ts')).toBe(first)
  const changed = [...rooms.map((room) => `src/${room}/inner/code.ts`), 'package-lock.json'].map(digestAfter)
  expect(new Set([first, ...changed]).size).toBe(rooms.length + 2)
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
