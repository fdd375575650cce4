import { expect, test } from 'vitest'
import { infeasiblePlanText } from '../../../src/report/plan/infeasible-plan.ts'

test('says what slow services serve in three digits, and which budget would do', () => {
  const type = { name: 'gpu', max: 2, pricePerHour: 1, startDelayS: 0, startFee: 0 }
  const found = {
    ...{ window: 1, rateQps: 9e-5, peakQps: 9e-5, largestWithinBudgetQps: 2.71e-5, largestQps: 5.42e-5 },
    largestWithinBudget: [1],
  }
  const text = (max: number, more = {}, isMeasured = true) =>
    infeasiblePlanText(
      { ...found, ...more } as unknown as Parameters<typeof infeasiblePlanText>[0],
      { windowS: 600, types: [type] } as unknown as Parameters<typeof infeasiblePlanText>[1],
      { types: [{ ...type, max }], budgetPerHour: 1 },
      { isMeasured },
    )
  const asked = 'window 1 (from 600 s) asks for 0.00009 queries a second'
  expect(text(3)).toBe(`${asked}, but the budget allows 0.0000271: raise the budget`)
  // rounded up, but not where the fourth decimal is right but for a rounding error
  for (const [budgetPerHour, dollars] of [
    [1.23401, '1.2341'],
    [0.1 + 0.2, '0.3000'],
  ])
    expect(text(3, { budgetPerHour })).toBe(
      `${asked}, but the budget allows 0.0000271: a budget of $${dollars} an hour would do`,
    )
  // at the rate that one serves within the budget 3.3 are needed, which is known of bounds only
  expect(text(4, {}, false)).toBe(
    `${asked}, but the budget allows 0.0000271: a budget of $4.0000 an hour would do`,
  )
  expect(text(4)).toBe(text(3))
  expect(text(3, {}, false)).toBe(text(3))
  expect(text(2)).toBe(
    `${asked}, but all counts together (gpu=2) serve 0.0000542: raise a maximum of the space`,
  )
})
