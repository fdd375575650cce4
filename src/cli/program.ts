import { Command } from 'commander'
import { printableLines } from '../model/errors.ts'
import { refuseRepeated } from './input/repeated-flags.ts'
import { addCommands, EVERY, type ListedCommand } from './listed-command.ts'
import { helpText } from './output/help-text.ts'

/** Every command, in the order of the help. */
const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'init',
    description: 'write a workload, a space, a latency table and a mix to edit',
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'allocate',
    description: 'rank every configuration within a budget by an upper bound on its throughput',
    load: () => import('./commands/allocate.ts'),
  },
  {
    name: 'merge',
    description: 'join the parts of a ranking that several machines have made',
    load: () => import('./commands/merge.ts'),
  },
  {
    name: 'search',
    description: 'find the best configuration within a budget, measured by replay and proven',
    load: () => import('./commands/search.ts'),
  },
  {
    name: 'plan',
    description: 'plan which fleet runs when: the least cost over a rate that changes with time',
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'profile',
    description: "derive the published allocator's inputs from a workload",
    load: () => import('./commands/profile.ts'),
  },
  {
    name: 'trace',
    description: 'generate, convert and describe traces, and derive their mix',
    load: () => import('./commands/trace.ts'),
  },
  {
    name: 'replay',
    description: 'run a trace on a configuration in virtual time, and compare policies',
    load: () => import('./commands/replay.ts'),
  },
  {
    name: 'capacity',
    description: 'measure by replay the highest rate that a configuration serves in time',
    load: () => import('./commands/capacity.ts'),
  },
  {
    name: 'worker',
    description: 'take replay jobs from a queue, on any number of machines',
    load: () => import('./commands/worker.ts'),
  },
  {
    name: 'queue',
    description: 'show and clean a queue of replay jobs',
    load: () => import('./commands/queue.ts'),
  },
  {
    name: 'import',
    description: 'import latency tables from the files of other tools',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'catalog',
    description: 'make a catalog of prices, instance_type,price_per_hour, from price lists of clouds',
    load: () => import('./commands/catalog.ts'),
  },
  {
    name: 'emulate',
    description: 'start a server per instance of a configuration, with the service times of its table',
    load: () => import('./commands/emulate.ts'),
  },
  {
    name: 'distribute',
    description: 'send a trace in real time through the dispatcher to live servers',
    load: () => import('./commands/distribute.ts'),
  },
  {
    name: 'route',
    description: 'route requests of clients to live servers with the dispatcher',
    load: () => import('./commands/route.ts'),
  },
  {
    name: 'measure',
    description: 'measure the latency table of live servers, bin by bin',
    load: () => import('./commands/measure.ts'),
  },
  {
    name: 'request',
    description: 'send one request to a live server, and print how long it takes',
    load: () => import('./commands/request.ts'),
  },
  {
    name: 'report',
    description:
      'write one page about the best configuration: ranking, reasons, and replays under every policy',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'web',
    description: 'serve the planner, a page that computes in the browser, on this machine',
    load: () => import('./commands/web.ts'),
  },
  {
    name: 'schema',
    description: 'print the schema of a file format: JSON Schema of a document, Table Schema of a CSV file',
    load: () => import('./commands/schema.ts'),
  },
  {
    name: 'completion',
    description: 'print a script that completes commands, flags and values in bash, zsh or fish',
    load: async () => {
      const { EXAMPLES, defineCompletion } = await import('./commands/completion.ts')
      return { EXAMPLES, define: (command) => defineCompletion(command, () => programFor(EVERY)) }
    },
  },
]

const EXIT_STATUS =
  'Exit status: 0 done, 1 failed, 2 wrong usage or input, 3 nothing feasible, 130 interrupted (129 by SIGHUP, 143 by SIGTERM).'

/** The program, with the commands that the arguments name. */
export async function programFor(args: readonly string[], version = ''): Promise<Command> {
  const program = new Command('kairos-wasm')
    .description(
      'Which machines to rent for a machine-learning service, and which query goes to which machine.',
    )
    .version(version)
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for flags and examples)')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    // as every other message begins
    .configureOutput({
      outputError: (text, write) => write(printableLines(text.replace(/^error:/, 'kairos-wasm:'))),
    })
    .exitOverride()
    .addHelpText('after', helpText(EXIT_STATUS))
  await addCommands(program, COMMANDS, args)
  refuseRepeated(program)
  return program
}
