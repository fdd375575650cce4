import { type Command, Option } from 'commander'
import { writeAtomically } from '../../files/io/write.ts'
import { readAwsPrices } from '../../files/tables/prices/aws.ts'
import { catalogText } from '../../files/tables/prices/price-list.ts'
import { readSkyPilotPrices } from '../../files/tables/prices/skypilot.ts'
import { counted } from '../../model/counted.ts'
import * as flags from '../input/flags.ts'
import { requireFormat } from '../input/named-format.ts'
import { differentNames } from '../input/parse.ts'
import { helpText } from '../output/help-text.ts'
import { withReading } from '../output/progress.ts'
import { interruptSignal } from '../output/signals.ts'
import { show, tell } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm catalog skypilot vms.csv --region us-east-1 --types g5.xlarge,c7i.2xlarge --out catalog.csv
                                                a catalog of SkyPilot, as instance_type,price_per_hour
  kairos-wasm catalog skypilot vms.csv --region us-east-1 --spot
                                                spot prices, of the cheapest zone
  kairos-wasm catalog aws index.json --types g5.xlarge
                                                a price list file of Amazon EC2 of one region (JSON or CSV)
  kairos-wasm init mine --types g5.xlarge,c7i.2xlarge --catalog catalog.csv
                                                files to begin with, with these prices
  kairos-wasm allocate -w mine/workload.yaml -s mine/space.yaml --catalog catalog.csv
                                                a ranking with the prices of a catalog`

interface CatalogFlags {
  readonly region?: string
  readonly types?: string[]
  readonly spot?: boolean
  readonly out?: string
  readonly quiet?: boolean
}

export function define(command: Command): void {
  const skypilot = command.command('skypilot').description('prices of a SkyPilot catalog (vms.csv)')
  definePrices(skypilot, readSkyPilotPrices, [
    new Option('--spot', 'spot prices of the cheapest zone instead of prices on demand'),
  ])
  const aws = command
    .command('aws')
    .description(
      'prices on demand of a price list file of Amazon EC2 (JSON, or CSV as *.csv): Linux, shared tenancy',
    )
  definePrices(aws, readAwsPrices, [])
  requireFormat(command, 'no format of prices is named')
}

type ReadPrices = typeof readAwsPrices | typeof readSkyPilotPrices

function definePrices(command: Command, read: ReadPrices, own: readonly Option[]): void {
  flags
    .addFlags(
      command.argument('<file>', 'the price list'),
      new Option('--region <name>', 'the region of the machines (default: the only one)'),
      new Option('--types <names>', 'only these instance types, separated by commas').argParser(
        differentNames,
      ),
      own,
      flags.outFile(),
      flags.quiet(),
    )
    .addHelpText('after', helpText(EXAMPLES))
    .action((file: string, given: CatalogFlags) => writeCatalog(read, file, given))
}

async function writeCatalog(read: ReadPrices, file: string, given: CatalogFlags): Promise<void> {
  const { out, quiet, ...chosen } = given
  const signal = interruptSignal()
  const prices = await withReading(quiet, (reports) => read({ ...chosen, file, signal, ...reports }))
  const text = catalogText(prices)
  if (out === undefined) return show([text])
  await writeAtomically(out, text)
  tell(quiet, `wrote ${counted(prices.size, 'price')} to ${out}`)
}
