import { Command, InvalidArgumentError, Option } from 'commander'
import type { StarterType } from '../../files/documents/starter.ts'
import * as flags from '../input/flags.ts'
import { tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos init mine                                    four files to edit, which work as they are
  kairos allocate -w mine/workload.yaml -s mine/space.yaml
  kairos init mine --types gpu.large=1.2,cpu.small=0.2 --qos-ms 50 --percentile 99 --budget 6
                                                      the same with your types, prices, target and budget
  kairos init mine --types g4dn.xlarge,r5n.large      prices of the shipped catalog

The latencies are examples; replace them by measurements. Files that exist are not overwritten.`

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

export function initCommand(): Command {
  return new Command('init')
    .description('write a workload, a space, a latency table and a mix to edit')
    .argument('<dir>', 'the folder of the files')
    .addOption(
      new Option('--types <types>', 'instance types and their prices in dollars per hour: TYPE=PRICE,...')
        .default(parseTypes(TYPES), TYPES)
        .argParser(parseTypes),
    )
    .addOption(
      new Option(
        '--catalog <file>',
        'prices of types without one, instance_type,price_per_hour (default: shipped)',
      ),
    )
    .addOption(new Option('--model-name <name>', 'the name of the model').default('my-model'))
    .addOption(flags.qosMs('latency target').default(100))
    .addOption(flags.percentile('share of queries inside the target').default(99))
    .addOption(flags.budget('budget per hour').default(5))
    .addOption(flags.quiet())
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, given: InitFlags) => init(folder, given))
}

function parseTypes(text: string): NamedType[] {
  const types = text.split(',').map((part) => {
    const [name, price, ...rest] = part.split('=').map((each) => each.trim())
    if (!name || rest.length > 0) throw new InvalidArgumentError(`"${part}" is not TYPE=PRICE.`)
    if (price === undefined) return { name }
    const pricePerHour = Number(price)
    if (price !== '' && pricePerHour > 0 && Number.isFinite(pricePerHour)) return { name, pricePerHour }
    throw new InvalidArgumentError(`The price of ${name} is "${price}"; dollars per hour > 0 are expected.`)
  })
  const twice = types.find(({ name }, t) => types.findIndex((other) => other.name === name) < t)
  if (twice) throw new InvalidArgumentError(`${twice.name} is named twice.`)
  return types
}

async function init(folder: string, given: InitFlags): Promise<void> {
  const [{ writeStarter }, types] = await Promise.all([
    import('../../files/documents/starter.ts'),
    priced(given.types, given.catalog),
  ])
  const { modelName: model, qosMs, percentile, budget: budgetPerHour } = given
  const paths = await writeStarter(folder, { model, types, qosMs, percentile, budgetPerHour })
  tell(given.quiet, `wrote ${paths.join(', ')}; next: kairos allocate -w ${paths[0]} -s ${paths[1]}`)
}

async function priced(types: readonly NamedType[], file: string | undefined): Promise<StarterType[]> {
  if (types.every((type): type is StarterType => type.pricePerHour !== undefined)) return [...types]
  const [{ readCatalog }, { KairosError }] = await Promise.all([
    import('../../files/tables/catalog.ts'),
    import('../../model/errors.ts'),
  ])
  const catalog = await readCatalog(file)
  return types.map(({ name, pricePerHour = catalog.get(name) }) => {
    if (pricePerHour !== undefined) return { name, pricePerHour }
    const problem = `the catalog has no price of ${name}`
    throw new KairosError(
      'BAD_USAGE',
      problem,
      { field: '--types' },
      `write ${name}=PRICE, in dollars per hour`,
    )
  })
}
