import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commandLine } from '../../../src/cli/output/command-line.ts'

test.each(['-\u00a0first', 'last\u00a0\n\n', '\n'])('%j is one word of a shell', (text) => {
  const [, flag] = commandLine('replay', { trace: text }).split(' --trace ')
  const { stdout } = spawnSync('sh', ['-c', `printf '%s' ${flag}`], { encoding: 'utf8' })
  expect(stdout).toBe(text)
})
