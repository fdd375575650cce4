import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import type { Host } from '../kernel/host.ts'
import { openPool } from './pool.ts'

const require = createRequire(import.meta.url)

/** Node: the kernel from its file, threads from piscina. */
export const nodeHost: Host = {
  kernelBytes: () => readFileSync(new URL('../../build/kernel.wasm', import.meta.url)),
  threads: availableParallelism(),
  openPool,
  lpSolver: () => require('javascript-lp-solver'),
}
