import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const bench = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', './.config/typescript.mjs', 'bench/main.ts', ...args], {
    encoding: 'utf8',
  })

test('help names the suites', () => {
  const { status, stdout } = bench('--help')
  expect(status).toBe(0)
  for (const suite of ['process', 'lattice', 'policies', '--json']) expect(stdout).toContain(suite)
})

test.each([
  ['a suite that there is not', ['foo'], /value 'foo' is invalid.*lattice/],
  ['a file that cannot be written', ['lattice', '--json', 'nowhere/x.json'], /nowhere is no folder/],
  ['a flag that there is not', ['--jsno', 'x'], /unknown option '--jsno'/],
])('%s is refused before anything is measured', (_what, args, message) => {
  const { status, stdout, stderr } = bench(...args)
  expect(stderr).toMatch(message)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})
