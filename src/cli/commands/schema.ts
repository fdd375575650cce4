import { Argument, type Command } from 'commander'
import { jsonSchemas } from '../../files/documents/schemas.ts'
import { tableSchema } from '../../files/tables/schemas.ts'
import { jsonText } from '../../report/json.ts'
import { helpText } from '../output/help-text.ts'
import { show } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos-wasm schema workload > workload.schema.json    for an editor that validates files while you type
  kairos-wasm schema latency                            the columns, types and units of a latency table (CSV)

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

export function define(command: Command): void {
  command
    .addArgument(
      new Argument('<format>', 'a format of documents or of tables').choices([...DOCUMENTS, ...TABLES]),
    )
    .addHelpText('after', helpText(EXAMPLES))
    .action((format: Document | Table) => show([jsonText(schemaOf(format))]))
}

function schemaOf(format: Document | Table): object {
  return isTable(format) ? tableSchema(format) : jsonSchemas()[format]
}

function isTable(format: string): format is Table {
  return (TABLES as readonly string[]).includes(format)
}
