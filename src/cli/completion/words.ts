/** What a shell can complete, read from the definitions of the commands. */
import type { Argument, Command, Option } from 'commander'
import { POLICIES } from '../../dispatch/policies.ts'
import { SHIPPED_MODELS } from '../input/flags.ts'

/** What stands in the place of a value: one of some words, a list of them with commas, a path, or anything. */
export type Values =
  | { readonly kind: 'words' | 'list'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'any' }

export interface CompletedFlag {
  /** With its dashes, such as `-w` and `--workload`. */
  readonly names: readonly string[]
  readonly description: string
  /** Absent for a flag without a value. */
  readonly values?: Values
}

export interface CompletedCommand {
  /** The words that lead to it, such as `trace mix`; empty for the program. The last one is its name. */
  readonly path: string
  readonly name: string
  readonly description: string
  readonly commands: readonly CompletedCommand[]
  readonly flags: readonly CompletedFlag[]
  readonly values: Values
}

const ANYTHING: Values = { kind: 'any' }

/** Values that commander does not know as choices, because a flag takes more than these. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  '--model': SHIPPED_MODELS,
  '--models': SHIPPED_MODELS,
  '--policy': POLICIES.map(({ name }) => name),
}

export function completedCommand(command: Command, path: readonly string[] = []): CompletedCommand {
  const help: CompletedFlag = { names: ['-h', '--help'], description: 'display help for command' }
  return {
    path: path.join(' '),
    name: command.name(),
    description: command.description(),
    commands: command.commands.map((inner) => completedCommand(inner, [...path, inner.name()])),
    flags: [...command.options.filter(({ hidden }) => !hidden).map(flagOf), help],
    values: valuesOfArguments(command.registeredArguments),
  }
}

/** A command and all commands below it, in the order of the help. */
export function everyCommand(command: CompletedCommand): CompletedCommand[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

function flagOf(option: Option): CompletedFlag {
  const names = [option.short, option.long].filter((name) => name !== undefined)
  const flag = { names, description: option.description }
  return option.required || option.optional ? { ...flag, values: valuesOfOption(option) } : flag
}

function valuesOfOption({ flags, long = '', argChoices }: Option): Values {
  const placeholder = /[<[](.*)[>\]]/.exec(flags)?.[1] ?? ''
  const words = argChoices ?? KNOWN[long]
  if (words) return { kind: /s$/.test(placeholder) ? 'list' : 'words', words }
  return ofPlaceholder(placeholder)
}

function valuesOfArguments(given: readonly Argument[]): Values {
  const words = given.flatMap(({ argChoices }) => argChoices ?? [])
  if (words.length > 0) return { kind: 'words', words }
  return (
    given.map((argument) => ofPlaceholder(argument.name())).find(({ kind }) => kind !== 'any') ?? ANYTHING
  )
}

function ofPlaceholder(name: string): Values {
  if (/^(dir|folder)$/.test(name)) return { kind: 'folder' }
  return /^(files?|source|path|counts)$/.test(name) ? { kind: 'file' } : ANYTHING
}
