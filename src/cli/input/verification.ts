/** The flags of a verified search: of `search`, and of `allocate --verify`. */
import { type Command, Option } from 'commander'
import type { ArrivalProcess } from '../../model/arrivals.ts'
import type { Service } from '../../model/service.ts'
import * as flags from './flags.ts'

/** How configurations are measured; what is not given has the defaults of the API. */
export interface VerificationFlags {
  policy?: string
  service?: Service
  arrivals?: ArrivalProcess
  cv?: number
  queries?: number
  repeats?: number
  seed?: number
  exhaustive?: boolean
  log?: string
}

const DEFAULTS = {
  policy: 'priced',
  service: 'sampled',
  arrivals: 'poisson',
  queries: 20_000,
  repeats: 5,
  seed: 1,
} as const

/** Without defaults, so that it shows which of them were given; help says what they are. */
export function verificationOptions(): Option[] {
  const options = [
    flags.policy(),
    flags.service(),
    flags.arrivals(),
    flags.cv(),
    flags.queries('of a repetition'),
    flags.repeats(),
    new Option(
      '--seed <number>',
      'start of what is drawn at random: the same seed, the same result',
    ).argParser(flags.wholeNumber(0, 2 ** 32 - 1)),
    new Option('--exhaustive', 'measure every feasible configuration in full, to check the search'),
    flags.log(),
  ]
  for (const option of options) {
    const known = Object.entries(DEFAULTS).find(([name]) => name === option.attributeName())
    if (known) option.description += ` (default: ${known[1]})`
  }
  return options
}

/** Fills in what was not given, so that what is saved says all of it. */
export function fillVerification(command: Command): void {
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (command.getOptionValue(name) === undefined) command.setOptionValueWithSource(name, value, 'default')
  }
}

/** Which of these flags were given, as they are typed. */
export function verificationGiven(given: object): string[] {
  return verificationOptions()
    .filter((option) => Object.hasOwn(given, option.attributeName()))
    .map((option) => option.long ?? option.flags)
}
