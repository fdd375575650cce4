import { type Command, InvalidArgumentError, Option } from 'commander'
import { type StarterType, writeStarter } from '../../files/documents/starter.ts'
import { readCatalog } from '../../files/tables/catalog.ts'
import { MAX_TYPES } from '../../model/checks.ts'
import { refuseUsage } from '../../model/errors.ts'
import * as flags from '../input/flags.ts'
import { commandLine } from '../output/command-line.ts'
import { tell } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm init mine                                    four files to edit, which work as they are
  kairos-wasm allocate -w mine/workload.yaml -s mine/space.yaml
  kairos-wasm init mine --types gpu.large=1.2,cpu.small=0.2 --qos-ms 50 --percentile 99 --budget 6
                                                           the same with your types, prices, target and budget
  kairos-wasm init mine --types g4dn.xlarge,r5n.large      prices of the shipped catalog

The latencies are examples; replace them with measurements. Files that exist are not overwritten. Prices may be in any
currency, if all of them and the budget are in the same one; the output writes $.`

interface InitFlags {
  readonly types: readonly NamedType[]
  readonly catalog?: string
  readonly modelName: string
  readonly qosMs: number
  readonly percentile: number
  readonly budget: number
  readonly quiet?: boolean
}

interface NamedType {
  readonly name: string
  /** Absent where the catalog knows it. */
  readonly pricePerHour?: number
}

const TYPES = 'gpu.large=1.2,cpu.small=0.2'

export function define(command: Command): void {
  flags
    .addFlags(
      command.argument('<dir>', 'the folder of the files'),
      new Option('--types <types>', 'instance types and their prices in dollars per hour: TYPE=PRICE,...')
        .default(parseTypes(TYPES), TYPES)
        .argParser(parseTypes),
      new Option(
        '--catalog <file>',
        'prices of types without one, instance_type,price_per_hour (default: shipped)',
      ),
      new Option('--model-name <name>', 'the name of the model').default('my-model').argParser(parseName),
      flags.qosMs('latency target').default(100),
      flags.percentile('share of queries within the target').default(99),
      flags.budget('budget per hour').default(5),
      flags.quiet(),
    )
    .action(init)
}

/** The same name. @throws InvalidArgumentError for one that the readers of the files refuse */
function parseName(name: string): string {
  if (!/\p{Cc}/u.test(name)) return name
  throw new InvalidArgumentError('A name without control characters is expected.')
}

function parseTypes(text: string): NamedType[] {
  const comma = /([^,]*=\d*),(\d{1,3})(?=,|$)/.exec(text)
  if (comma) {
    throw new InvalidArgumentError(`"${comma[0]}" has a decimal comma; write ${comma[1]}.${comma[2]}.`)
  }
  const types = text.split(',').map((part) => {
    const [name, price, ...rest] = part.split('=').map((each) => each.trim())
    if (!name || rest.length > 0) throw new InvalidArgumentError(`"${part}" is not TYPE=PRICE.`)
    parseName(name)
    if (price === undefined) return { name }
    const pricePerHour = Number(price)
    if (pricePerHour > 0 && Number.isFinite(pricePerHour)) return { name, pricePerHour }
    throw new InvalidArgumentError(`The price of ${name} is "${price}"; dollars per hour > 0 are expected.`)
  })
  if (types.length > MAX_TYPES) {
    throw new InvalidArgumentError(`${types.length} types are named; 1 to ${MAX_TYPES} are possible.`)
  }
  const twice = types.find(({ name }, t) => types.findIndex((other) => other.name === name) < t)
  if (twice) throw new InvalidArgumentError(`${twice.name} is named twice.`)
  return types
}

async function init(folder: string, given: InitFlags): Promise<void> {
  const types = await priced(given.types, given.catalog)
  const { modelName: model, qosMs, percentile, budget: budgetPerHour } = given
  const paths = await writeStarter(folder, { model, types, qosMs, percentile, budgetPerHour })
  const next = commandLine('allocate', { workload: paths[0], space: paths[1] })
  tell(given.quiet, `wrote ${paths.join(', ')}; next: ${next}`)
}

async function priced(types: readonly NamedType[], file: string | undefined): Promise<StarterType[]> {
  if (types.every((type): type is StarterType => type.pricePerHour !== undefined)) {
    if (file === undefined) return [...types]
    const cure = 'leave it out, or name a type without a price in --types'
    refuseUsage('--catalog', 'has nothing to price', cure)
  }
  const catalog = await readCatalog(file)
  return types.map(({ name, pricePerHour = catalog.get(name) }) => {
    if (pricePerHour === undefined) {
      const problem = `the catalog has no price of ${name}`
      refuseUsage('--types', problem, `write ${name}=PRICE, in dollars per hour`)
    }
    return { name, pricePerHour }
  })
}
