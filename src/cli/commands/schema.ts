import { Argument, Command } from 'commander'
import { show } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos schema workload > workload.schema.json    for an editor that checks files as you type`

const FORMATS = ['workload', 'space', 'instance', 'profile', 'counts', 'addresses', 'fleet'] as const

export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of a file format')
    .addArgument(new Argument('<format>').choices(FORMATS))
    .addHelpText('after', EXAMPLES)
    .action(async (format: (typeof FORMATS)[number]) => {
      const { jsonSchemas } = await import('../../files/documents/schemas.ts')
      await show([`${JSON.stringify(jsonSchemas()[format], null, 2)}\n`])
    })
}
