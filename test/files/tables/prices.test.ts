import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCatalog } from '../../../src/files/tables/catalog.ts'
import { readAwsPrices } from '../../../src/files/tables/prices/aws.ts'
import { catalogText } from '../../../src/files/tables/prices/price-list.ts'
import { readSkyPilotPrices } from '../../../src/files/tables/prices/skypilot.ts'
import { kairosHere, temporaryFolder } from '../../cli/kairos.ts'
import { readBroken } from '../broken.ts'
import { scratchFolder } from '../scratch.ts'

// skypilot-org/skypilot-catalog, catalogs/v5/aws/vms.csv; figures are made up
const SKYPILOT = `InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,AvailabilityZone
g5.xlarge,A10G,1.0,4.0,16.0,"{'Gpus': [{'Name': 'A10G', 'Count': 1}]}",1.006,0.4,us-east-1,use1-az1
g5.xlarge,A10G,1.0,4.0,16.0,"{'Gpus': [{'Name': 'A10G', 'Count': 1}]}",1.006,0.35,us-east-1,use1-az2
c7i.2xlarge,,,8.0,16.0,,0.357,,us-east-1,use1-az1
g5.xlarge,A10G,1.0,4.0,16.0,,1.1,0.5,eu-west-1,euw1-az1
,TPU-v4-8,1,,,,3.2,1.1,us-east-1,a
`

// AWS Billing documentation, "Reading the service price list file for an AWS service"; figures are made up
const product = (sku: string, instanceType: string, more: object = {}) => ({
  sku,
  productFamily: 'Compute Instance',
  attributes: {
    ...{
      servicecode: 'AmazonEC2',
      instanceType,
      regionCode: 'us-east-1',
      operatingSystem: 'Linux',
      tenancy: 'Shared',
    },
    ...{ capacitystatus: 'Used', preInstalledSw: 'NA', ...more },
  },
})
const term = (sku: string, USD: string, unit = 'Hrs') => ({
  [`${sku}.JRTCKXETXF`]: {
    ...{ offerTermCode: 'JRTCKXETXF', sku, effectiveDate: '2025-01-01T00:00:00Z', termAttributes: {} },
    priceDimensions: { [`${sku}.J.6`]: { unit, description: '"quoted" {bracket', pricePerUnit: { USD } } },
  },
})
const OFFERS = {
  formatVersion: 'v1.0',
  offerCode: 'AmazonEC2',
  version: '1',
  products: {
    A: product('A', 'g5.xlarge'),
    B: product('B', 'g5.xlarge', { operatingSystem: 'Windows' }),
    C: product('C', 'c7i.2xlarge'),
    D: product('D', 'c7i.2xlarge', { capacitystatus: 'UnusedCapacityReservation' }),
  },
  terms: {
    OnDemand: {
      A: term('A', '1.0060000000'),
      B: term('B', '1.19'),
      C: term('C', '0.357'),
      D: term('D', '0.1'),
    },
    Reserved: { A: term('A', '0.6') },
  },
  attributesList: {},
}

const catalog = (format: string, content: string, ...args: string[]) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'in.json'), content)
  return kairosHere(['catalog', format, 'in.json', ...args], folder)
}

test('skypilot: the types of a region, in the order that is asked for', async () => {
  const { stdout, stderr } = await catalog(
    ...(['skypilot', SKYPILOT, '--region', 'us-east-1', '--types', 'g5.xlarge,c7i.2xlarge'] as const),
  )
  expect({ stdout, stderr }).toEqual({
    stdout: 'instance_type,price_per_hour\ng5.xlarge,1.006\nc7i.2xlarge,0.357\n',
    stderr: '',
  })
})

test('skypilot: columns that are not needed may be missing', async () => {
  const { stdout, stderr } = await catalog('skypilot', 'Region,Price,InstanceType\nr,0.5,a.large\n')
  expect({ stdout, stderr }).toEqual({ stdout: 'instance_type,price_per_hour\na.large,0.5\n', stderr: '' })
})

test('skypilot: spot prices are those of the cheapest zone', async () => {
  const { stdout } = await catalog('skypilot', SKYPILOT, '--region', 'us-east-1', '--spot')
  expect(stdout).toBe('instance_type,price_per_hour\ng5.xlarge,0.35\n')
})

// skypilot-org/skypilot-catalog, catalogs/v7/gcp/vms.csv, has GPUs in rows of their own; figures are made up
test('skypilot: a list with prices of GPUs says that machines are listed without theirs', async () => {
  const [columns] = SKYPILOT.split('\n', 1)
  const machine = 'a2-highgpu-1g,,,12.0,85.0,,0.7,0.3,us-central1,us-central1-a'
  const gpu = ',A100,1.0,,,,2.9,1.1,us-central1,us-central1-a'
  const { stdout, stderr } = await catalog('skypilot', [columns, machine, gpu, ''].join('\n'))
  expect(stdout).toBe('instance_type,price_per_hour\na2-highgpu-1g,0.7\n')
  expect(stderr).toMatch(
    /accelerators have prices of their own there: machines are listed without theirs, add them/,
  )
})

test('aws: prices on demand of Linux on shared machines', async () => {
  const expected = 'instance_type,price_per_hour\nc7i.2xlarge,0.357\ng5.xlarge,1.006\n'
  expect((await catalog('aws', JSON.stringify(OFFERS, null, 2))).stdout).toBe(expected)
  const { terms, products } = OFFERS
  expect((await catalog('aws', JSON.stringify({ terms, products }))).stdout).toBe(expected)
})

test.each([
  [
    'several regions',
    'skypilot',
    SKYPILOT,
    [],
    /has several regions; choose one by --region: eu-west-1, us-east-1/,
  ],
  [
    'a type without a spot price',
    'skypilot',
    SKYPILOT,
    ['--region', 'us-east-1', '--spot', '--types', 'c7i.2xlarge'],
    /lists c7i.2xlarge without a spot price; choose another region, or leave out --spot for prices on demand/,
  ],
  ['another region', 'skypilot', SKYPILOT, ['--region', 'mars'], /has no prices of region "mars"/],
  [
    'a type with a typo',
    'aws',
    JSON.stringify(OFFERS),
    ['--types', 'g5.xlarge,c7i.xlarge'],
    /has no price of c7i.xlarge/,
  ],
  [
    'a last row that was cut before its region',
    'skypilot',
    'InstanceType,Price,Region\ng5.xlarge,1.006,us-east-1\nc7i.2xlarge,0.357,',
    [],
    /has several regions; choose one by --region: "", us-east-1$/m,
  ],
  [
    'the only type with a typo',
    'aws',
    JSON.stringify(OFFERS),
    ['--types', 'g5.xlarg'],
    /has no price of g5.xlarg; did you mean "g5.xlarge"/,
  ],
  ['no prices', 'aws', '{"products":{}}', [], /has no price; is this a price list of machines/],
  [
    'a price that is no number',
    'aws',
    JSON.stringify(OFFERS).replace('"0.357"', '"1e999"'),
    [],
    /in.json: terms.OnDemand.C: has the price "1e999"; expected a price in dollars per hour >= 0, as text/,
  ],
  [
    'terms and products that are nothing',
    'aws',
    '{"products":{"A":null},"terms":{"OnDemand":{"A":null}}}',
    [],
    /has no price/,
  ],
  ['a cut file', 'aws', JSON.stringify(OFFERS).slice(0, -20), [], /ends before its last bracket/],
  ['a CSV file', 'aws', SKYPILOT, [], /is not an object in JSON/],
] as const)('refuses %s', async (_what, format, content, args, message) => {
  const { status, stderr } = await catalog(format, content, ...args)
  expect(stderr).toMatch(message)
  expect(status).toBe(2)
})

test('init takes prices of such a catalog', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'vms.csv'), SKYPILOT)
  await kairosHere(
    ['catalog', 'skypilot', 'vms.csv', '--region', 'us-east-1', '--out', 'catalog.csv'],
    folder,
  )
  const { status } = await kairosHere(
    ['init', 'mine', '--types', 'c7i.2xlarge', '--catalog', 'catalog.csv'],
    folder,
  )
  expect(status).toBe(0)
  const space = ['-w', 'mine/workload.yaml', '-s', 'mine/space.yaml', '--format', 'json']
  const { stdout } = await kairosHere(['allocate', ...space], folder)
  expect(JSON.parse(stdout).space.types[0]).toMatchObject({ name: 'c7i.2xlarge', pricePerHour: 0.357 })
})

test.each([
  ['SkyPilot', readSkyPilotPrices, SKYPILOT.replaceAll('eu-west-1', 'us-east-1')],
  ['AWS', readAwsPrices, JSON.stringify(OFFERS, null, 2)],
] as const)('a list of %s is taken or refused, however it is broken', async (_whose, read, content) => {
  const { write } = scratchFolder()
  await readBroken(content, 'prices', async (text) => {
    const prices = await read({ file: write('prices', text) })
    await readCatalog(write('catalog.csv', catalogText(prices)))
  })
})
