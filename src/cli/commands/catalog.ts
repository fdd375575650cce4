import { Command, Option } from 'commander'
import { KairosError } from '../../model/errors.ts'
import * as flags from '../input/flags.ts'
import { interruptSignal, show, startProgress, tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos catalog skypilot vms.csv --region us-east-1 --types g5.xlarge,c7i.2xlarge --out catalog.csv
                                                a catalog of SkyPilot, as instance_type,price_per_hour
  kairos catalog skypilot vms.csv --region us-east-1 --spot
                                                spot prices, of the cheapest zone
  kairos catalog aws index.json --types g5.xlarge
                                                a price list file of Amazon EC2 of one region (JSON)
  kairos init mine --types g5.xlarge,c7i.2xlarge --catalog catalog.csv
                                                files to begin with, with these prices`

interface CatalogFlags {
  readonly region?: string
  readonly types?: string[]
  readonly spot?: boolean
  readonly out?: string
  readonly quiet?: boolean
}

export function catalogCommand(): Command {
  const skypilot = priceCommand('skypilot', 'prices of a SkyPilot catalog (vms.csv)').addOption(
    new Option('--spot', 'spot prices, of the cheapest zone, instead of those on demand'),
  )
  const aws = priceCommand(
    'aws',
    'prices on demand of a price list file of Amazon EC2 (JSON): Linux, shared tenancy',
  )
  return new Command('catalog')
    .description('make a catalog of prices, instance_type,price_per_hour, from price lists of clouds')
    .addCommand(skypilot)
    .addCommand(aws)
    .addHelpText('after', EXAMPLES)
    .action(() => {
      throw new KairosError(
        'BAD_USAGE',
        'the format of the prices is missing',
        {},
        'try: kairos catalog --help',
      )
    })
}

function priceCommand(name: 'skypilot' | 'aws', description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<file>')
    .addOption(new Option('--region <name>', 'the region of the machines (default: the only one)'))
    .addOption(
      new Option('--types <names>', 'only these instance types, separated by commas').argParser((text) =>
        text.split(',').map((each) => each.trim()),
      ),
    )
    .addOption(flags.outFile())
    .addOption(flags.quiet())
    .addHelpText('after', EXAMPLES)
    .action((file: string, given: CatalogFlags) => writeCatalog(name, file, given))
}

async function writeCatalog(name: 'skypilot' | 'aws', file: string, given: CatalogFlags): Promise<void> {
  const { out, quiet, ...chosen } = given
  const progress = startProgress('reading', 'bytes', quiet)
  const options = { ...chosen, file, signal: interruptSignal(), onProgress: progress.update }
  let prices: Map<string, number>
  try {
    prices =
      name === 'aws'
        ? await (await import('../../files/tables/prices/aws.ts')).readAwsPrices(options)
        : await (await import('../../files/tables/prices/skypilot.ts')).readSkyPilotPrices(options)
  } finally {
    progress.stop()
  }
  const { catalogText } = await import('../../files/tables/prices/price-list.ts')
  const text = catalogText(prices)
  if (out === undefined) return show([text])
  const { writeAtomically } = await import('../../files/io/write.ts')
  await writeAtomically(out, text)
  tell(quiet, `wrote ${prices.size} prices to ${out}`)
}
