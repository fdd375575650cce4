import type { Command } from 'commander'
import { readFlags } from '../../files/documents/flags.ts'
import { KairosError } from '../../model/errors.ts'
import { refuseSharedFiles, savesFiles } from '../output/output-files.ts'
import { keepSaving } from '../output/terminal.ts'

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
    refuseSharedFiles(command)
    if (savesFiles(command)) keepSaving()
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
  const { values, placeOf } = await readFlags(
    file,
    options.map((option) => option.attributeName()),
  )
  for (const [name, value] of values) {
    if (command.getOptionValueSource(name) === 'cli' || isRuledOut(command, name, value)) continue
    const option = options.find((candidate) => candidate.attributeName() === name)!
    const { taken, cure } = parse(option, value)
    if (cure !== undefined) throw new KairosError('BAD_FILE', `is ${value}`, await placeOf(name), cure)
    command.setOptionValueWithSource(name, taken, 'config')
  }
}

/** Whether a flag of the command line contradicts one of the file: `--no-batching` a largest batch, and the reverse. */
function isRuledOut(command: Command, name: string, value: unknown): boolean {
  const given = (flag: string) => command.getOptionValueSource(flag) === 'cli'
  if (name === 'maxBatch') return given('batching') && command.getOptionValue('batching') === false
  return name === 'batching' && value === false && given('maxBatch')
}

/** What an option takes for a value, or what it expects instead. */
function parse(option: Command['options'][number], value: unknown): { taken?: unknown; cure?: string } {
  if (option.isBoolean() || option.negate) {
    return typeof value === 'boolean' ? { taken: value } : { cure: 'true or false is expected' }
  }
  try {
    return { taken: option.parseArg ? option.parseArg(String(value), undefined) : String(value) }
  } catch (error) {
    return { cure: (error as Error).message.replace(/^E/, 'e') }
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
