import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { EVERY } from '../../../src/cli/listed-command.ts'
import { programFor } from '../../../src/cli/program.ts'

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

function helpOf(command: Command, width: number | undefined): string {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => width as number })
  command.outputHelp()
  return help
}

test.each([
  [undefined, 80],
  [60, 60],
  [200, 120],
])('in a terminal of %s columns the paragraphs of help are %i wide', async (columns, widest) => {
  const commands = withSubcommands(await programFor(EVERY))
  expect(commands.length).toBeGreaterThan(30)
  let longest = 0
  for (const command of commands) {
    const help = helpOf(command, columns)
    const behind = help.slice(help.indexOf('display help for command'))
    for (const line of behind.split('\n').slice(1)) {
      if (!line.startsWith(' ')) longest = Math.max(longest, line.length)
    }
    // the same words at any width
    expect(help.split(/\s+/)).toEqual(helpOf(command, 90).split(/\s+/))
  }
  expect(longest).toBeGreaterThan(widest - 8)
  expect(longest).toBeLessThanOrEqual(widest)
})
