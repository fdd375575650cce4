import type { Command } from 'commander'
import { helpText } from './output/help-text.ts'

/** A command in the list of its parent. */
export interface ListedCommand {
  readonly name: string
  readonly description: string
  load(): Promise<CommandModule>
}

/** A module of a command: `define` adds its flags and its runner. */
interface CommandModule {
  /** What its help has after the flags. */
  readonly EXAMPLES: string
  define(command: Command, args: readonly string[]): void | Promise<void>
}

/** In the place of arguments: loads every command. */
export const EVERY: readonly string[] = ['*']

/**
 * Adds commands to their parent. Only those that the arguments name are loaded: the others are listed without their
 * modules and libraries.
 */
export async function addCommands(
  parent: Command,
  commands: readonly ListedCommand[],
  args: readonly string[],
): Promise<void> {
  for (const { name, description, load } of commands) {
    const command = parent.command(name).description(description)
    if (args !== EVERY && !args.includes(name)) continue
    const { EXAMPLES, define } = await load()
    await define(command.addHelpText('after', helpText(EXAMPLES)), args)
  }
}
