import type { Command } from 'commander'
import { readFlags } from '../../files/documents/flags.ts'
import { KairosError } from '../../model/errors.ts'

/**
 * Fills in flags from the file named by `--config`; those given on the command line win. Keys are the long
 * names of flags, as they are or in camel case.
 *
 * @throws KairosError BAD_FILE for a key that is no flag of the command or a value that it does not take
 */
export async function applyConfig(command: Command): Promise<void> {
  const file: string | undefined = command.opts().config
  if (file === undefined) return
  const options = command.options.filter((option) => option.attributeName() !== 'config')
  const flags = await readFlags(
    file,
    options.map((option) => option.attributeName()),
  )
  for (const [name, value] of flags) {
    if (command.getOptionValueSource(name) === 'cli') continue
    const option = options.find((candidate) => candidate.attributeName() === name)!
    command.setOptionValueWithSource(name, parse(option, value, file), 'config')
  }
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
      (error as Error).message,
    )
  }
}

/** What the command really ran with, as a file that `--config` takes. */
export function effectiveConfig(command: Command): string {
  const skip = new Set(['config', 'out', 'quiet', 'color'])
  const flags = Object.entries(command.opts()).filter(([name]) => !skip.has(name))
  return `${JSON.stringify(Object.fromEntries(flags), null, 2)}\n`
}

/**
 * Runs a command; an error about one of its options names the flag and not the field of the API, which has its
 * unit in its name where a flag says it in its help.
 */
export async function inWordsOfFlags(command: Command, run: () => Promise<void>): Promise<void> {
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
