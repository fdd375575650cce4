import { expect, expectTypeOf, test } from 'vitest'
import {
  BOUNDS_FUNCTIONS,
  DISPATCHER_FUNCTIONS,
  GROW_FUNCTIONS,
  KERNEL_FUNCTIONS,
  SELECTION_FUNCTIONS,
  SIZE_FUNCTIONS,
} from '../../src/kernel/contract.ts'
import { compileKernel } from '../../src/kernel/load.ts'
import type { ModuleFunctions } from '../../src/kernel/wasm/kernel.ts'
import { backends, checkedModule } from './backends.ts'

const MODULE_FUNCTIONS = [
  ...KERNEL_FUNCTIONS,
  ...SELECTION_FUNCTIONS,
  ...BOUNDS_FUNCTIONS,
  ...DISPATCHER_FUNCTIONS,
  ...SIZE_FUNCTIONS,
  ...GROW_FUNCTIONS,
]

test.each([
  ['release', compileKernel()],
  ['checked', checkedModule()],
])('the %s module exports the functions of the contract and its memory, nothing else', (_name, module) => {
  const exported = WebAssembly.Module.exports(module).map(({ kind, name }) => `${kind} ${name}`)
  const listed = MODULE_FUNCTIONS.map((name) => `function ${name}`)
  expect(exported.sort()).toEqual([...listed, 'memory memory'].sort())
})

test.each([
  ['release', compileKernel()],
  ['checked', checkedModule()],
])('the %s module imports nothing', (_name, module) => {
  expect(WebAssembly.Module.imports(module)).toEqual([])
})

// the host declares the functions of the contract: `npm run types` checks it
expectTypeOf<keyof ModuleFunctions>().toEqualTypeOf<(typeof MODULE_FUNCTIONS)[number]>()

test.each(backends)('the %s kernel offers the functions of the contract', (_name, kernel) => {
  expect(Object.keys(kernel).sort()).toEqual([...KERNEL_FUNCTIONS].sort())
})

test.each(backends)('a dispatcher of the %s kernel offers its functions', (_name, kernel) => {
  const rule = { kind: 'fcfs' } as const
  const dispatcher = kernel.createDispatcher({
    types: 1,
    bins: 1,
    meanMs: Float64Array.of(1),
    instanceType: new Int32Array(),
    rule,
  })
  for (const name of DISPATCHER_FUNCTIONS) expect(dispatcher[name]).toBeTypeOf('function')
})
