import type { Command } from 'commander'
import { readFlags } from '../../files/documents/flags.ts'
import { KairosError } from '../../model/errors.ts'

/** Runs a command with its flags, its effective configuration (as a file for `--config`), and its arguments. */
type Runner<Flags> = (flags: Flags, config: string, args: readonly unknown[]) => Promise<void>

/**
 * Lets a command run: with the flags of `--config` filled in, and with errors that name flags.
 *
 * @param fill changes defaults that depend on other flags
 */
export function runWith<Flags>(
  command: Command,
  run: Runner<Flags>,
  fill: (command: Command) => void = () => undefined,
): void {
  command.action(async () => {
    await applyConfig(command)
    fill(command)
    await inWordsOfFlags(command, () =>
      run(command.opts() as Flags, effectiveConfig(command), command.processedArgs),
    )
  })
}

/**
 * Fills in flags from the file named by `--config`; flags on the command line win. Keys are the long names of flags,
 * in camel case or with dashes.
 *
 * @throws KairosError BAD_FILE for a key that is no flag of the command or a value that it does not take
 */
async function applyConfig(command: Command): Promise<void> {
  const file: string | undefined = command.opts().config
  if (file === undefined) return
  const options = command.options.filter((option) => option.attributeName() !== 'config')
  const flags = await readFlags(
    file,
    options.map((option) => option.attributeName()),
  )
  for (const [name, value] of flags) {
    if (command.getOptionValueSource(name) === 'cli' || isRuledOut(command, name, value)) continue
    const option = options.find((candidate) => candidate.attributeName() === name)!
    command.setOptionValueWithSource(name, parse(option, value, file), 'config')
  }
}

/** Whether a flag of the command line contradicts one of the file: `--no-batching` a largest batch, and the reverse. */
function isRuledOut(command: Command, name: string, value: unknown): boolean {
  const given = (flag: string) => command.getOptionValueSource(flag) === 'cli'
  if (name === 'maxBatch') return given('batching') && command.getOptionValue('batching') === false
  return name === 'batching' && value === false && given('maxBatch')
}

function parse(option: Command['options'][number], value: unknown, file: string): unknown {
  if (option.isBoolean() || option.negate) {
    if (typeof value === 'boolean') return value
    throw new KairosError(
      'BAD_FILE',
      `is ${value}`,
      { file, field: option.long ?? '' },
      'true or false is expected',
    )
  }
  try {
    return option.parseArg ? option.parseArg(String(value), undefined) : String(value)
  } catch (error) {
    throw new KairosError(
      'BAD_FILE',
      `is ${value}`,
      { file, field: option.long ?? '' },
      (error as Error).message.replace(/^E/, 'e'),
    )
  }
}

/** The flags that the command runs with, as a file that `--config` takes. */
function effectiveConfig(command: Command): string {
  const skip = new Set(['config', 'out', 'quiet', 'color', 'queue'])
  const flags = Object.entries(command.opts()).filter(([name]) => !skip.has(name))
  return `${JSON.stringify(Object.fromEntries(flags), null, 2)}\n`
}

/**
 * Runs a command. An error about an option of the API names the flag instead; the option may have its unit in its
 * name, where the flag has it in its help.
 */
async function inWordsOfFlags(command: Command, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof KairosError) || error.place.file !== undefined) throw error
    const { field } = error.place
    const option = command.options.find((candidate) => {
      const name = candidate.attributeName()
      return field === name || field === `${name}Ms`
    })
    throw option?.long ? error.at({ field: option.long }) : error
  }
}
