import type { Command, Option } from 'commander'
import { readFlags } from '../../files/documents/flags.ts'
import { KairosError } from '../../model/errors.ts'
import { prepareOutputs } from '../output/output-files.ts'
import { applyRules, type FlagRule } from './flag-rules.ts'
import { isRepeatable } from './repeated-flags.ts'

/** Runs a command with its flags, its effective configuration (as a file for `--config`), and its arguments. */
type Runner<Flags> = (flags: Flags, config: string, args: readonly unknown[]) => Promise<void>

interface RunOptions<Flags> {
  /** What is refused besides what is refused of every command. */
  readonly rules?: readonly FlagRule[] | ((flags: Flags) => readonly FlagRule[])
  /** Changes defaults that depend on other flags. */
  readonly fill?: (command: Command) => void
}

/**
 * Lets a command run: with the flags of `--config` filled in, without flags that would be ignored, and with errors that
 * name flags.
 */
export function runWith<Flags>(
  command: Command,
  run: Runner<Flags>,
  { rules = [], fill }: RunOptions<Flags> = {},
): void {
  const given = textsOf(command)
  command.action(async () => {
    await applyConfig(command, given)
    applyRules(command, typeof rules === 'function' ? rules(command.opts() as Flags) : rules)
    fill?.(command)
    await prepareOutputs(command)
    await inWordsOfFlags(command, () =>
      run(command.opts() as Flags, effectiveConfig(command, given), command.processedArgs),
    )
  })
}

/** The texts that each option was given, by its name in camel case: several for one that may be repeated. */
type Texts = Map<string, readonly string[]>

/** The texts of the command line, once it has been read. */
function textsOf(command: Command): Texts {
  const texts: Texts = new Map()
  for (const option of command.options) {
    const name = option.attributeName()
    command.on(`option:${option.name()}`, (text: string) => {
      texts.set(name, isRepeatable(option) ? [...(texts.get(name) ?? []), text] : [text])
    })
  }
  return texts
}

/**
 * Fills in flags from the file named by `--config`; flags on the command line win. Keys are the long names of flags,
 * in camel case or with dashes.
 *
 * @throws KairosError BAD_FILE for a key that is no flag of the command or a value that it does not take
 */
async function applyConfig(command: Command, given: Texts): Promise<void> {
  const file: string | undefined = command.opts().config
  if (file === undefined) return
  const options = command.options.filter((option) => option.attributeName() !== 'config')
  const { values, placeOf } = await readFlags(
    file,
    options.map((option) => option.attributeName()),
  )
  for (const [name, value] of values) {
    if (command.getOptionValueSource(name) === 'cli') continue
    const option = options.find((candidate) => candidate.attributeName() === name)!
    const { taken, cure } = parse(option, value)
    if (cure !== undefined) {
      const said = typeof value === 'object' ? JSON.stringify(value) : value
      throw new KairosError('BAD_FILE', `is ${said}`, await placeOf(name), cure)
    }
    command.setOptionValueWithSource(name, taken, 'config')
    given.set(name, textsFor(option, value))
  }
}

/** What an option takes for a value, or what it expects instead. */
function parse(option: Option, value: unknown): { taken?: unknown; cure?: string } {
  if (option.isBoolean() || option.negate) {
    return typeof value === 'boolean' ? { taken: value } : { cure: 'true or false is expected' }
  }
  const texts = textsFor(option, value)
  const { parseArg } = option
  if (parseArg === undefined) {
    const isText = typeof value === 'string' || typeof value === 'number'
    return isText ? { taken: texts[0] } : { cure: 'a text is expected' }
  }
  try {
    return { taken: texts.reduce<unknown>((before, text) => parseArg(text, before), undefined) }
  } catch (error) {
    return { cure: (error as Error).message.replace(/^E/, 'e') }
  }
}

/** A value of a file as the texts of the command line. */
function textsFor(option: Option, value: unknown): string[] {
  if (Array.isArray(value)) {
    // a list of numbers is one value, such as counts by position
    const isOne = !isRepeatable(option) || value.every((each) => typeof each === 'number')
    return isOne ? [value.join()] : value.map(String)
  }
  if (typeof value !== 'object' || value === null) return [String(value)]
  const pairs = Object.entries(value).map(([key, each]) => `${key}=${each}`)
  return [pairs.join()]
}

/** The flags of the command as a file for `--config`. A parsed value that is an object is written as the given text. */
function effectiveConfig(command: Command, given: Texts): string {
  const skip = new Set(['config', 'out', 'quiet', 'color', 'queue'])
  const flags = Object.entries(command.opts())
    .filter(([name]) => !skip.has(name))
    .map(([name, value]) => {
      const isPlain = [value].flat().every((each) => typeof each !== 'object')
      return [name, isPlain ? value : oneOrAll(given.get(name)!)]
    })
  return `${JSON.stringify(Object.fromEntries(flags), null, 2)}\n`
}

function oneOrAll(texts: readonly string[]): string | readonly string[] {
  return texts.length === 1 ? texts[0] : texts
}

/**
 * Runs a command. An error about an option of the API names the flag instead; the option may have its unit in its
 * name, where the flag has it in its help, and a list may have the plural of a flag that is repeated.
 */
export async function inWordsOfFlags(command: Command, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof KairosError) || error.place.file !== undefined) throw error
    // settings that belong together have a name in common, as tls.serverName of --tls-server-name
    const field = (error.place.field ?? '').replace(/^tls\.(.)/, (_, first) => `tls${first.toUpperCase()}`)
    // a field has the name of its flag, perhaps with a unit or in the plural
    for (const ending of ['', 'Ms', 'S', 's']) {
      const option = command.options.find((each) => field === each.attributeName() + ending)
      if (option?.long) throw error.at({ field: option.long })
    }
    // fields of a schedule, and rates, are in the file of --plan: there the counts of a window are windows[w].counts
    const plan: string | undefined = command.getOptionValue('plan')
    if (plan !== undefined && /^(schedule\.|types$|rateQps$)/.test(field)) {
      const inFile = field.replace('schedule.', '').replace(/^counts(\[\d+\])/, 'windows$1.counts')
      throw error.at({ file: plan, field: inFile })
    }
    // or it is one of several values by name, as in --initial gpu.large=2
    for (const option of command.options) {
      const name = option.attributeName()
      const key = field.startsWith(`${name}.`) ? field.slice(name.length + 1) : undefined
      const values: unknown = command.getOptionValue(name)
      if (key !== undefined && typeof values === 'object' && Object.hasOwn(values ?? {}, key)) {
        throw error.at({ field: `${option.long} ${key}` })
      }
    }
    throw error
  }
}
