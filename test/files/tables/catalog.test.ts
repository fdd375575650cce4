import { describe, expect, test } from 'vitest'
import { readCatalog } from '../../../src/files/tables/catalog.ts'
import { published, scratchFolder } from '../scratch.ts'

test('the shipped catalog is the published price.csv', async () => {
  const shipped = await readCatalog()
  expect(shipped.size).toBe(16)
  expect(shipped.get('g4dn.xlarge')).toBe(0.526)
  expect([...shipped]).toEqual([...(await readCatalog(published('price.csv')))])
})

describe('refuses', () => {
  const header = 'instance_type,price_per_hour'
  const made = 'kairos-wasm catalog makes one from a price list of a cloud'
  test.each([
    [
      `${header}\na,1\n\nb,free\n`,
      'c.csv line 4: price_per_hour: is "free"; expected a price in dollars per hour > 0',
    ],
    [`${header}\na,0\n`, 'c.csv line 2: price_per_hour: is "0"; expected a price in dollars per hour > 0'],
    [`${header}\na,-1\n`, 'c.csv line 2: price_per_hour: is "-1"; expected a price in dollars per hour > 0'],
    [
      `${header}\na,NaN\n`,
      'c.csv line 2: price_per_hour: is "NaN"; expected a price in dollars per hour > 0',
    ],
    [`${header}\na,\n`, 'c.csv line 2: price_per_hour: is empty; expected a price in dollars per hour > 0'],
    [`${header}\n,1\n`, 'c.csv line 2: instance_type: is empty; expected the name of an instance type'],
    [`${header}\na,1\na,2\n`, 'c.csv line 3: instance_type: "a" is listed twice; expected each type once'],
    [
      'type,price_per_hour\na,1\n',
      `c.csv line 1: instance_type: the column is missing; a header looks like ${header}; ${made}`,
    ],
    [
      'instance,cost\na,1\n',
      `c.csv line 1: instance_type: the column is missing; a header looks like ${header}; ${made}`,
    ],
  ])('%j', async (text, message) => {
    const { write, refusal } = scratchFolder()
    expect(await refusal(readCatalog(write('c.csv', text)))).toEqual({ code: 'BAD_FILE', message })
  })
})
