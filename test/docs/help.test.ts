/** The examples in the help of every command are commands: they parse, with each flag and choice checked. */
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { programFor } from '../../src/cli/program.ts'
import { POLICIES } from '../../src/dispatch/policies.ts'

/** The words that lead to each command, such as ["trace"] and ["trace", "mix"]. */
async function pathsOf(path: readonly string[] = []): Promise<string[][]> {
  const inner = (await commandAt(path)).commands.map((command) => command.name())
  const below = inner.filter((name) => name !== 'help').map((name) => pathsOf([...path, name]))
  return [...(path.length > 0 ? [[...path]] : []), ...(await Promise.all(below)).flat()]
}

async function commandAt(path: readonly string[]): Promise<Command> {
  let command = await programFor(path, '0')
  for (const name of path) {
    const next = command.commands.find((each) => each.name() === name)
    if (!next) throw new Error(`there is no command ${path.join(' ')}`)
    command = next
  }
  return command
}

async function helpOf(path: readonly string[]): Promise<string> {
  const command = await commandAt(path)
  let text = ''
  command.configureOutput({ writeOut: (piece) => (text += piece) })
  command.outputHelp()
  return text
}

/** The commands below "Examples:". What follows two spaces or more is an explanation. */
function examplesOf(help: string): string[] {
  const [, section = ''] = help.split('\nExamples:\n')
  const lines = section
    .split('\n\n')[0]
    .split('\n')
    .filter((line) => line.startsWith('  kairos-wasm '))
  return lines
    .map((line) => line.trim().split(/ {2,}/)[0])
    .flatMap((line) => line.split(/ && | &$| > \S+/))
    .filter((part) => part !== '')
}

/** Parses a command; nothing runs but the parser. Returns the words that led to it. */
async function parsed(words: readonly string[]): Promise<string[]> {
  const program = await programFor(words, '0')
  let reached: string[] = []
  const disarm = (command: Command, path: string[]) => {
    command.exitOverride()
    if (command.commands.length === 0) {
      command.action(() => {
        reached = path
      })
    }
    for (const inner of command.commands) disarm(inner, [...path, inner.name()])
  }
  disarm(program, [])
  await program.parseAsync([...words], { from: 'user' })
  return reached
}

const commands = (
  await Promise.all((await pathsOf()).map(async (path) => ({ path, help: await helpOf(path) })))
).map(({ path, help }) => ({ path, help, name: path.join(' '), examples: examplesOf(help) }))

test('every command has an example', () => {
  const outer = commands.filter(({ path }) => path.length === 1)
  expect(outer.length).toBeGreaterThan(10)
  for (const { name, examples } of outer) {
    expect(
      examples.some((example) => example.startsWith(`kairos-wasm ${name}`)),
      name,
    ).toBe(true)
  }
})

test('the examples of each format of import are of this format', () => {
  const formats = commands.filter(({ path }) => path[0] === 'import' && path.length === 2)
  expect(formats.length).toBeGreaterThan(5)
  for (const { name, examples } of formats) {
    expect(examples.length, name).toBeGreaterThan(0)
    expect(examples.filter((example) => !example.startsWith(`kairos-wasm ${name} `))).toEqual([])
  }
})

test('no example starts a command before the one before it is ready', () => {
  for (const { help, name } of commands) expect(help, name).not.toMatch(/ & kairos-wasm/)
})

test('the help of every command describes its arguments', async () => {
  const silent = await Promise.all(
    commands.map(async ({ path, name }) => {
      const { registeredArguments } = await commandAt(path)
      return registeredArguments
        .filter(({ description }) => description === '')
        .map((argument) => `${name} <${argument.name()}>`)
    }),
  )
  expect(silent.flat()).toEqual([])
})

test('every command that takes a policy lists all of them', async () => {
  const policyFlags = await Promise.all(
    commands.map(async ({ path, name }) => {
      const flag = (await commandAt(path)).options.find(({ long }) => long === '--policy')
      return flag ? [{ name, said: flag.description + flag.argChoices?.join(', ') }] : []
    }),
  )
  expect(policyFlags.flat().length).toBeGreaterThan(5)
  for (const { name, said } of policyFlags.flat()) {
    for (const policy of POLICIES) expect(said, name).toContain(policy.name)
  }
})

/** The columns at which explanations of examples begin. */
function columnsOf(help: string): number[] {
  const lines = (help.split('\nExamples:\n')[1] ?? '').split('\n\n')[0].split('\n')
  const explained = lines.map((line) => /^(?: {2}kairos-wasm .*?\S {2,}| {10,})(?=\S)/.exec(line)?.[0].length)
  return [...new Set(explained.filter((column) => column !== undefined))]
}

test.each(commands)('$name: the explanations of examples stand in one column', async ({ path }) => {
  expect(columnsOf(await helpOf(path)).length).toBeLessThanOrEqual(1)
})

describe.each(commands)('$name', ({ examples }) => {
  test.each(examples)('%s', async (example) => {
    const words = example.split(' ')
    expect(words[0]).toBe('kairos-wasm')
    const reached = await parsed(words.slice(1))
    expect(words.slice(1, 1 + reached.length)).toEqual(reached)
    expect(reached).not.toEqual([])
  })
})

test('an unknown flag is an error of the parser', async () => {
  await expect(parsed(['allocate', '--budgte', '3'])).rejects.toThrow('--budgte')
})
