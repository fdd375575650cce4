import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { readLayouts } from '../../.config/generate-layouts.mjs'
import { POLICIES } from '../../src/dispatch/policies.ts'
import { preparePolicy } from '../../src/dispatch/setup.ts'
import type { DispatchRule } from '../../src/kernel/rules.ts'
import { numbersOf, RULES } from '../../src/kernel/wasm/rule-table.ts'
import { UNIT_ROW } from '../../src/kernel/wasm/unit-times.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'
import { smallFleet } from './small-fleet.ts'

// A rule has a file and a line in each of these places: the recipe of CONTRIBUTING.md.

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const filesOf = (folder: string) =>
  readdirSync(new URL(folder, root)).map((file) => file.replace(/\.ts$/, ''))

const kinds = Object.keys(RULES).sort() as DispatchRule['kind'][]
const titled = (kind: string) => kind[0].toUpperCase() + kind.slice(1)

/** A fleet with a rule of each kind. */
const examples = new Map(
  fc
    .sample(smallFleet({ min: 1, max: 3 }), { numRuns: 300, seed: 1 })
    .map((fleet) => [fleet.rule.kind, fleet]),
)

test('rules have a file in the kernel and one in the fallback, and no file is without a rule', () => {
  expect(filesOf('assembly/dispatch/rules').sort()).toEqual(kinds)
  expect(filesOf('src/kernel/fallback/rules').sort()).toEqual(kinds)
})

test('a row of numbers by units is as long for the host as for the kernels', () => {
  const most = /MAX_UNITS: i32 = (\d+)/.exec(read('assembly/layout/batches.ts'))?.[1]
  expect(UNIT_ROW).toBe(Number(most) + 2)
})

test('rules of every kind are compared on random fleets', () => {
  expect([...examples.keys()].sort()).toEqual(kinds)
})

test('the rule of every kind is that of some policy', () => {
  // small fleets, and large ones
  const alone = smallWorkload()
  const batching = { maxBatch: alone.latency.batchSizes[alone.latency.batchSizes.length - 1] }
  const used = [alone, { ...alone, batching }].flatMap((workload) =>
    [1, 100].flatMap((count) =>
      POLICIES.map((policy) => preparePolicy(workload, ['fast', 'slow'], [count, count], policy)),
    ),
  )
  expect([...new Set(used.map(({ setup }) => setup.rule.kind))].sort()).toEqual(kinds)
})

describe.each(kinds)('%s', (kind) => {
  it('has the number in the kernel that the host gives it', () => {
    const line = new RegExp(`rule == (\\d+)\\) start${titled(kind)}\\(`).exec(
      read('assembly/dispatch/rules.ts'),
    )
    expect(Number(line?.[1])).toBe(RULES[kind].number)
  })

  it('has a line in the registry of the fallback', () => {
    const fallback = read('src/kernel/fallback/rules.ts')
    expect(fallback).toContain(`import { ${kind} } from './rules/${kind}.ts'`)
  })

  it('has a table with the numbers of the rule', () => {
    const tables = readLayouts().find(({ room }) => room === 'rules')!.classes
    const fields = tables.find(({ name }) => name === `${titled(kind)}Table`)?.fields ?? []
    const { rule, meanMs } = examples.get(kind)!
    const { kind: _, ...numbers } = numbersOf(rule, meanMs)
    // slowdowns are learned from `typicalMs`, so it is a vector of the dispatcher
    const names = Object.keys(numbers).filter((name) => name !== 'typicalMs')
    expect(fields.map(({ name }) => name).sort()).toEqual(names.sort())
    expect(RULES[kind].table === undefined).toBe(fields.length === 0)
  })
})

test('the recipe names every place', () => {
  const recipe = /### Add a policy\n([\s\S]*?)\n##/.exec(read('CONTRIBUTING.md'))?.[1]
  for (const place of [
    'src/dispatch/',
    'src/dispatch/policies.ts',
    'src/kernel/rules.ts',
    'src/kernel/fallback/rules/',
    'src/kernel/fallback/rules.ts',
    'assembly/layout/rules.ts',
    'assembly/dispatch/rules/',
    'assembly/dispatch/rules.ts',
    'src/dispatch/check-rule.ts',
    'src/kernel/wasm/rule-table.ts',
    'test/kernel/small-fleet.ts',
    'test/kernel/rules.test.ts',
    'docs/policies.md',
  ]) {
    expect(recipe).toContain(`\`${place}\``)
  }
})
