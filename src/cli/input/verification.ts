/** The flags of a search that verifies bounds by replay: of `search`, and of `allocate --verify`. */
import { type Command, Option } from 'commander'
import type { ArrivalProcess } from '../../model/workload/arrivals.ts'
import { DEFAULT_SERVICE, type Service } from '../../model/workload/service.ts'
import { AUTO } from '../../replay/length.ts'
import * as flags from './flags.ts'

/** How configurations are measured. */
export interface VerificationFlags {
  policy?: string
  service?: Service
  arrivals?: ArrivalProcess
  cv?: number
  queries?: number | typeof AUTO
  repeats?: number
  seed?: number
  exhaustive?: boolean
  log?: string
}

const DEFAULTS = {
  policy: 'priced',
  service: DEFAULT_SERVICE,
  arrivals: 'poisson',
  queries: AUTO,
  repeats: 5,
  seed: 1,
} as const

/** The flags without commander's defaults, so that given ones can be told apart; the help names the defaults. */
export function verificationOptions(): Option[] {
  const options = [
    flags.policy(),
    flags.service(),
    flags.arrivals(),
    flags.cv(),
    flags.repetitionQueries(),
    flags.repeats(),
    flags.seedOption(),
    new Option('--exhaustive', 'measure every feasible configuration in full, to check the search'),
    flags.log(),
  ]
  for (const option of options) {
    const known = Object.entries(DEFAULTS).find(([name]) => name === option.attributeName())
    if (known) option.description += ` (default: ${known[1]})`
  }
  return options
}

/** Fills in the defaults, so that the effective configuration is complete. */
export function fillVerification(command: Command): void {
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (command.getOptionValue(name) === undefined) command.setOptionValueWithSource(name, value, 'default')
  }
}
