import { Argument, Command } from 'commander'
import { show } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos schema workload > workload.schema.json    for an editor that checks files as you type
  kairos schema latency                            the columns, types and units of a latency table (CSV)

Documents (JSON or YAML) have a JSON Schema, tables (CSV) a Table Schema of the Frictionless standard.`

const DOCUMENTS = [
  'workload',
  'space',
  'instance',
  'profile',
  'counts',
  'addresses',
  'fleet',
  'plan',
] as const
const TABLES = ['latency', 'mix', 'trace'] as const

type Document = (typeof DOCUMENTS)[number]
type Table = (typeof TABLES)[number]

export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the schema of a file format: JSON Schema of a document, Table Schema of a CSV file')
    .addArgument(new Argument('<format>').choices([...DOCUMENTS, ...TABLES]))
    .addHelpText('after', EXAMPLES)
    .action(async (format: Document | Table) => {
      await show([`${JSON.stringify(await schemaOf(format), null, 2)}\n`])
    })
}

async function schemaOf(format: Document | Table): Promise<object> {
  if (isTable(format)) return (await import('../../files/tables/schemas.ts')).tableSchema(format)
  return (await import('../../files/documents/schemas.ts')).jsonSchemas()[format]
}

function isTable(format: string): format is Table {
  return (TABLES as readonly string[]).includes(format)
}
