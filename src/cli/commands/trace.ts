import { Command } from 'commander'
import { convertCommand } from './trace-convert.ts'
import { describeCommand } from './trace-describe.ts'
import { generateCommand } from './trace-generate.ts'
import { mixCommand } from './trace-mix.ts'

const EXAMPLES = `
Examples:
  kairos trace generate --rate 50 --out trace.csv
  kairos trace convert azure-llm AzureLLMInferenceTrace_conv.csv --out trace.csv
  kairos trace describe trace.csv
  kairos trace mix trace.csv --out mix.csv`

export function traceCommand(): Command {
  return new Command('trace')
    .description('draw, convert and describe traces: what arrives when, and in which mix')
    .addCommand(generateCommand())
    .addCommand(convertCommand())
    .addCommand(describeCommand())
    .addCommand(mixCommand())
    .addHelpText('after', EXAMPLES)
}
