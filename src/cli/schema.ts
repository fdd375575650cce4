import { Argument, Command } from 'commander'
import { show } from './terminal.ts'

const EXAMPLES = `
Examples:
  kairos schema workload > workload.schema.json    for an editor that checks files as you type`

export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of a file format')
    .addArgument(new Argument('<format>').choices(['workload', 'space', 'profile', 'counts']))
    .addHelpText('after', EXAMPLES)
    .action(async (format: string) => {
      const { jsonSchema } = await import('../files/json-schemas.ts')
      await show(oneChunk(`${JSON.stringify(jsonSchema(format), null, 2)}\n`))
    })
}

async function* oneChunk(text: string): AsyncGenerator<string> {
  yield text
}
