import { expect, test } from 'vitest'
import { readCatalog } from '../../../src/files/tables/catalog.ts'
import { readAwsPrices } from '../../../src/files/tables/prices/aws.ts'
import { catalogText } from '../../../src/files/tables/prices/price-list.ts'
import { readBroken } from '../broken.ts'
import { scratchFolder } from '../scratch.ts'

// AWS Billing documentation, "Reading the service price list file for an AWS service": the columns are a part of those
// of Amazon EC2, in their order; figures are made up
const HEADER =
  'SKU,OfferTermCode,TermType,Unit,PricePerUnit,Currency,Location,Instance Type,Tenancy,Operating System,CapacityStatus,Pre Installed S/W,Region Code'

function file(rows: readonly string[]): string {
  const about = [
    '"FormatVersion","v1.0"',
    '"Disclaimer","This pricing list is for informational purposes only."',
    '"Publication Date","2025-01-01T00:00:00Z"',
    '"Version","20250101000000"',
    '"OfferCode","AmazonEC2"',
  ]
  const quoted = [HEADER, ...rows].map((row) =>
    row
      .split(',')
      .map((cell) => `"${cell}"`)
      .join(','),
  )
  return `${[...about, ...quoted].join('\n')}\n`
}

const ROWS = [
  'A,J,OnDemand,Hrs,1.006,USD,US East (N. Virginia),g5.xlarge,Shared,Linux,Used,NA,us-east-1',
  'A,J,Reserved,Hrs,0.6,USD,US East (N. Virginia),g5.xlarge,Shared,Linux,Used,NA,us-east-1',
  'B,J,OnDemand,Hrs,0,USD,US East (N. Virginia),g5.xlarge,Shared,Linux,AllocatedCapacityReservation,NA,us-east-1',
  'C,J,OnDemand,Hrs,1.2,USD,US East (N. Virginia),g5.xlarge,Shared,Windows,Used,NA,us-east-1',
  'D,J,OnDemand,Hrs,0.357,USD,US East (N. Virginia),c7i.2xlarge,Shared,Linux,Used,NA,us-east-1',
  'E,J,OnDemand,GB-Mo,0.1,USD,US East (N. Virginia),,NA,NA,NA,NA,us-east-1',
]

test('prices on demand of Linux on shared machines, from the CSV file', async () => {
  const { write } = scratchFolder()
  const prices = await readAwsPrices({ file: write('index.csv', file(ROWS)) })
  expect([...prices]).toEqual([
    ['c7i.2xlarge', 0.357],
    ['g5.xlarge', 1.006],
  ])
})

test('a price that is no number is told with its line', async () => {
  const { write, refusal } = scratchFolder()
  const content = file([ROWS[0].replace('1.006', 'free')])
  const { message } = await refusal(readAwsPrices({ file: write('index.csv', content) }))
  expect(message).toContain(
    'index.csv line 7: PricePerUnit: is "free"; expected a price in dollars per hour >= 0',
  )
})

test('another CSV file is told by its missing columns', async () => {
  const { write, refusal } = scratchFolder()
  const rows = Array.from({ length: 7 }, (_, i) => `a${i},b`).join('\n')
  const { message } = await refusal(readAwsPrices({ file: write('index.csv', `${rows}\n`) }))
  expect(message).toContain('Instance Type: the column is missing')
})

test('a file that ends before the header is told as such', async () => {
  const { write, refusal } = scratchFolder()
  const { message } = await refusal(readAwsPrices({ file: write('index.csv', 'a,b\n1,2\n') }))
  expect(message).toContain(
    'index.csv: has no header after 5 rows about the file; is this a file of the format',
  )
})

test('a list is taken or refused, however it is broken', async () => {
  const { write } = scratchFolder()
  await readBroken(file(ROWS), 'index.csv', async (text) => {
    const prices = await readAwsPrices({ file: write('index.csv', text) })
    await readCatalog(write('catalog.csv', catalogText(prices)))
  })
})
