import { expect, test } from 'vitest'
import { nonnegative, object } from '../../../src/files/documents/fields.ts'

const schema = object(
  {
    pricePerHour: nonnegative('a price'),
    budgetPerHour: nonnegative('a budget'),
    startDelayS: nonnegative('a delay'),
    startFee: nonnegative('a fee'),
  },
  'an object',
)

const refusal = (key: string): string | undefined => {
  const given = { pricePerHour: 1, budgetPerHour: 1, startDelayS: 1, startFee: 1, [key]: 1 }
  return schema.safeParse(given).error?.issues[0].message
}

test.each([
  ['price', 'pricePerHour'],
  ['Price_USD', 'pricePerHour'],
  ['budget', 'budgetPerHour'],
  ['budget-usd', 'budgetPerHour'],
  ['budgetPerHuor', 'budgetPerHour'],
])('the key %s is meant to be %s', (key, meant) => {
  expect(refusal(key)).toMatch(`did you mean "${meant}"? The keys are pricePerHour, budgetPerHour`)
})

test.each(['start', 'pr', '_price', 'cost'])('the key %s is meant to be no single one', (key) => {
  expect(refusal(key)).toMatch(/^the keys are pricePerHour/)
})
