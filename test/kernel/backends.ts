import { readFileSync } from 'node:fs'
import type { Kernel } from '../../src/kernel/contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'

const checked = new WebAssembly.Module(
  readFileSync(new URL('../../build/kernel.checked.wasm', import.meta.url)),
)

/** Every implementation of the kernel contract: the release build, its checked twin, and the fallback. */
export const backends: readonly (readonly [string, Kernel])[] = [
  ['release', loadKernel('wasm')],
  ['checked', loadKernel('wasm', checked)],
  ['fallback', loadKernel('fallback')],
]

/** Those in WebAssembly, which are held against the fallback. */
export const wasmBackends = backends.slice(0, 2)

export const fallback = backends[2][1]
