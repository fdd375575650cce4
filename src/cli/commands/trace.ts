import type { Command } from 'commander'
import { addCommands, type ListedCommand } from '../listed-command.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm trace generate --rate 50 --out trace.csv
  kairos-wasm trace convert azure-llm AzureLLMInferenceTrace_conv.csv --out trace.csv
  kairos-wasm trace describe trace.csv
  kairos-wasm trace mix trace.csv --out mix.csv`

const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'generate',
    description: 'generate a trace: arrivals of a process, batch sizes of a mix',
    load: () => import('./trace-generate.ts'),
  },
  {
    name: 'convert',
    description: 'convert a trace of another format to arrival_ms,batch_size',
    load: () => import('./trace-convert.ts'),
  },
  {
    name: 'describe',
    description: 'describe a trace: rate over time, burstiness, batch sizes',
    load: () => import('./trace-describe.ts'),
  },
  {
    name: 'mix',
    description: 'derive the mix of batch sizes of a trace: batch_size,probability',
    load: () => import('./trace-mix.ts'),
  },
]

export async function define(command: Command, args: readonly string[]): Promise<void> {
  await addCommands(command, COMMANDS, args)
}
