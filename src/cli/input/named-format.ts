import type { Command } from 'commander'
import { KairosError } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'

/** Lets a command with a subcommand for each format refuse a call that names none. Call it after they are defined. */
export function requireFormat(command: Command, missing: string): void {
  command
    .allowExcessArguments()
    .allowUnknownOption()
    .action(() => {
      const [name] = command.args
      if (name === undefined || name.startsWith('-')) {
        throw new KairosError('BAD_USAGE', missing, {}, `try: kairos-wasm ${command.name()} --help`)
      }
      const formats = command.commands.map((each) => each.name())
      const meant = nearest(name, formats)
      const hint = meant === undefined ? '' : `did you mean "${meant}"? `
      const cure = `${hint}formats: ${formats.join(', ')}`
      throw new KairosError('BAD_USAGE', `there is no format "${name}"`, {}, cure)
    })
}
