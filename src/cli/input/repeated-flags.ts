import type { Command, Option } from 'commander'
import { KairosError, refuseUsage } from '../../model/errors.ts'

/** Whether a further value of an option is added to those before. The parser of choices has two parameters too. */
export function isRepeatable({ parseArg, argChoices }: Option): boolean {
  return argChoices === undefined && (parseArg?.length ?? 0) > 1
}

/** Placeholders of values that are lists. */
const TAKES_LIST = /[<[](list|names|numbers|sizes|types|columns|counts)[>\]]/

/**
 * Refuses, in a command and all below it, a flag that is given twice and of which only the last value would count, and
 * a switch beside its opposite. The file of `--config` is not read here: flags win over it.
 */
export function refuseRepeated(command: Command): void {
  command.commands.forEach(refuseRepeated)
  /** By the name of the value: the flag that gave it. */
  const given = new Map<string, string>()
  for (const option of command.options) {
    if (isRepeatable(option)) continue
    const { required, optional, long, flags } = option
    const name = option.attributeName()
    command.on(`option:${option.name()}`, () => {
      const other = given.get(name)
      if (other !== undefined && other !== long) {
        throw new KairosError('BAD_USAGE', `${other} and ${long} contradict`, {}, 'leave one out')
      }
      if (other !== undefined && (required || optional)) {
        const cure = `give it once${TAKES_LIST.test(flags) ? '; several values have commas between them' : ''}`
        refuseUsage(long!, 'is given twice', cure)
      }
      given.set(name, long!)
    })
  }
}
