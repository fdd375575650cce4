import { Argument, type Command } from 'commander'
import { DOCUMENT_FORMATS, type DocumentFormat, jsonSchemas } from '../../files/documents/schemas.ts'
import { TABLE_FORMATS, type TableFormat, tableSchema } from '../../files/tables/schemas.ts'
import { jsonText } from '../../report/json.ts'
import { show } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm schema workload > workload.schema.json    for an editor that validates files while you type
  kairos-wasm schema latency                            the columns, types and units of a latency table (CSV)

Documents (JSON or YAML) have a JSON Schema, tables (CSV) a Table Schema of the Frictionless standard.`

export function define(command: Command): void {
  command
    .addArgument(
      new Argument('<format>', 'a format of documents or of tables').choices([
        ...DOCUMENT_FORMATS,
        ...TABLE_FORMATS,
      ]),
    )
    .action((format: DocumentFormat | TableFormat) => show([jsonText(schemaOf(format))]))
}

function schemaOf(format: DocumentFormat | TableFormat): object {
  return isTable(format) ? tableSchema(format) : jsonSchemas()[format]
}

function isTable(format: string): format is TableFormat {
  return (TABLE_FORMATS as readonly string[]).includes(format)
}
