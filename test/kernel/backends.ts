import { readFileSync } from 'node:fs'
import type { Kernel } from '../../src/kernel/contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'

/** The module with assertions: the same source, built to trap instead of going on. */
export const checkedModule = () =>
  new WebAssembly.Module(readFileSync(new URL('../../build/kernel.checked.wasm', import.meta.url)))

/** The compiled kernel, as released and with assertions. */
export const wasmBackends: [string, Kernel][] = [
  ['wasm', loadKernel('wasm')],
  ['checked wasm', loadKernel('wasm', checkedModule())],
]

/** Every implementation of the contract: one suite runs over all of them. */
export const backends: [string, Kernel][] = [...wasmBackends, ['fallback', loadKernel('fallback')]]
