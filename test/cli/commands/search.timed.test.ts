import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kairos, temporaryFolder } from '../kairos.ts'

test('--time-limit returns the best so far and the largest remaining bound', async () => {
  const svg = join(temporaryFolder(), 'so-far.svg')
  const long = ['--queries', '5000', '--repeats', '3', '--time-limit', '3', '--svg', svg]
  const { status, stdout } = await kairos(['search', '--model', 'mtwnd', '--exhaustive', ...long])
  expect(status).toBe(0)
  expect(stdout).toMatch(
    /The first row is the best so far: the search ended early(, and the largest remaining bound is [\d.]+% higher|\. No remaining bound exceeds its mean of [\d.,]+ q\/s, but .*)\./,
  )
  expect(stdout).toMatch(
    /331 feasible: \d+ measured, .* \d+ with a bound of at most [\d.,]+ q\/s; [\d,]+ replays, without those of the configuration at which it ended\./,
  )
  expect(readFileSync(svg, 'utf8')).toContain('the best configuration so far')
  const cheapest = await kairos([
    ...['allocate', '--verify', '--model', 'mtwnd', '--target-qps', '10', '--top-n', '300', ...long],
  ])
  expect(cheapest.stdout).toMatch(/so far: the search ended early/)
  const none = await kairos(['search', '--model', 'mtwnd', '--time-limit', '0.000001'])
  expect(none.status).toBe(0)
  expect(none.stdout).toMatch(/^1 +2 +· +9 +· .* not measured$/m)
  expect(none.stdout).toMatch(
    /^Nothing was measured before the search ended\. The rows are the first by their bounds alone\./m,
  )
})
