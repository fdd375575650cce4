/** The scripts of `kairos-wasm completion`, sourced by the shells that they are for. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kairosHere } from '../kairos.ts'

const capture = (shell: string) => fileURLToPath(new URL(`./capture.${shell}`, import.meta.url))

/** Per shell the words that it offers at the end of a line, as far as they complete its last word. */
const OFFERS: Readonly<Record<string, (script: string, line: string) => string>> = {
  bash: (script, line) => run('bash', [capture('bash'), script, ...line.replace('=', ' = ').split(' ')]),
  zsh: (script, line) => run('zsh', ['-f', capture('zsh'), script, line]),
  fish: (script, line) =>
    run('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script, line]).replaceAll(
      /\t.*/g,
      '',
    ),
}

let folder: string
function run(shell: string, args: string[]): string {
  return execFileSync(shell, args, { cwd: folder, encoding: 'utf8', timeout: 30_000 })
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kairos-completion-'))
  writeFileSync(join(folder, 'own.yaml'), '')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(Object.keys(OFFERS))('%s', (shell) => {
  const script = () => join(folder, `script.${shell}`)
  beforeAll(async () => {
    const { status, stdout } = await kairosHere(['completion', shell])
    expect(status).toBe(0)
    writeFileSync(script(), stdout)
  })

  test.each([
    ['commands', 'kairos-wasm ca', ['capacity', 'catalog']],
    ['commands of a command', 'kairos-wasm trace ', ['convert', 'describe', 'generate', 'mix']],
    ['flags', 'kairos-wasm allocate --target', ['--target-qps']],
    ['flags of an inner command', 'kairos-wasm trace convert --clamp', ['--clamp-to']],
    ['choices of a flag', 'kairos-wasm allocate --bound ', ['closed-form', 'fluid']],
    ['the policies', 'kairos-wasm allocate --policy p', ['power-of-two', 'priced']],
    ['choices of an argument', 'kairos-wasm completion ', ['bash', 'fish', 'zsh']],
    ['files as the value of a flag', 'kairos-wasm allocate -w ow', ['own.yaml']],
    ['files as an argument', 'kairos-wasm trace mix ow', ['own.yaml']],
    ['nothing as a number', 'kairos-wasm allocate --budget o', []],
  ])('offers %s', (_, line, expected) => {
    const offered = OFFERS[shell](script(), line).split('\n').filter(Boolean)
    expect(offered.sort()).toEqual(expected)
  })

  test('offers the end of a list', () => {
    const offered = OFFERS[shell](script(), 'kairos-wasm replay --policy priced,f').trim()
    expect(offered.replace(/^priced,/, '')).toBe('fcfs')
  })

  test('offers the choices of a flag after =', () => {
    const offered = OFFERS[shell](script(), 'kairos-wasm allocate --format=c').trim()
    expect(offered.replace(/^--format=/, '')).toBe('csv')
  })
})

test('another shell is refused by name', async () => {
  const { status, stderr } = await kairosHere(['completion', 'tcsh'])
  expect(status).toBe(2)
  expect(stderr).toContain('Allowed choices are bash, zsh, fish')
})
