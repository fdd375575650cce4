import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plan, rates } from './plan-rates.ts'

describe('what it rejects', () => {
  test('a rate beyond the budget, with the budget that would do: status 3', async () => {
    const { file } = rates('start_s,rate_qps\n0,20\n600,200\n')
    const { status, stdout, stderr } = await plan('--rates', file)
    expect(status).toBe(3)
    expect(stdout).toBe('')
    expect(stderr).toMatch(
      /nothing is feasible: window 1 \(from 600 s\) asks for 200 queries a second, but the budget allows 122\.0: a budget of \$\d+\.\d{4} an hour would do/,
    )
  })

  test('a rate beyond the budget as JSON too, on stdout and in the folder of --out', async () => {
    const { file, folder } = rates('start_s,rate_qps\n0,20\n600,200\n')
    const asked = ['--rates', file, '--format', 'json']
    const { status, stdout, stderr } = await plan(...asked, '--out', join(folder, 'out'))
    expect(status).toBe(3)
    const { model, windows, infeasible } = JSON.parse(stdout)
    expect({ model, windows }).toEqual({ model: 'rm2', windows: undefined })
    expect(infeasible).toMatchObject({ window: 1, rateQps: 200, peakQps: 200 })
    expect(infeasible.budgetPerHour).toBeGreaterThan(2.5)
    expect(stderr).toContain(`nothing is feasible: ${infeasible.message}\n`)
    expect(readFileSync(join(folder, 'out', 'plan.json'), 'utf8')).toBe(stdout)
  })

  test('a budget that does is not rounded beyond its price', async () => {
    // three times $0.8 is 2.4000000000000004 in doubles
    const { file, folder } = rates('start_s,rate_qps\n0,1\n600,30\n')
    const space = join(folder, 'space.json')
    const types = [{ name: 'g4dn.xlarge', max: 3, pricePerHour: 0.8 }]
    writeFileSync(space, JSON.stringify({ types, budgetPerHour: 1 }))
    const { stderr } = await plan('--rates', file, '--space', space)
    expect(stderr).toMatch(/a budget of \$2\.4000 an hour would do/)
  })

  test('a rate beyond the budget of a large space, with a budget that does for every window', async () => {
    const { file, folder } = rates('start_s,rate_qps\n0,20\n600,700\n1200,1000\n')
    const space = join(folder, 'space.json')
    const types = [
      { name: 'g4dn.xlarge', max: 2000 },
      { name: 'r5n.large', max: 2000 },
    ]
    writeFileSync(space, JSON.stringify({ types, budgetPerHour: 2.5 }))
    const first = await plan('--rates', file, '--space', space)
    expect(first.status).toBe(3)
    expect(first.stderr).toMatch(
      /window 1 .* asks for 700 queries a second, and a later one for 1,000, but the budget/,
    )
    const [, budget] = first.stderr.match(/a budget of \$(\d+\.\d{4}) an hour would do/)!
    const second = await plan('--rates', file, '--space', space, '--budget', budget)
    expect(second.status).toBe(0)
  })

  test('a rate beyond the budget that serves nothing, without a figure', async () => {
    const { file, folder } = rates()
    const space = join(folder, 'space.json')
    const types = [
      { name: 'g4dn.xlarge', max: 2000 },
      { name: 'r5n.large', max: 2000 },
    ]
    writeFileSync(space, JSON.stringify({ types, budgetPerHour: 0.1 }))
    const { status, stderr } = await plan('--rates', file, '--space', space)
    expect(status).toBe(3)
    expect(stderr).toMatch(/the budget allows 0\.0: raise the budget$/m)
  })

  test.each([
    [{}, /keeps the latency target: loosen QoS to 17\.81 ms$/m],
    [{ max: 2000, budgetPerHour: 0.1 }, /keeps the latency target: no single limit helps: change the types/],
  ])('a latency target that no configuration keeps, in the space %j', async (recipe, message) => {
    const { file, folder } = rates('start_s,rate_qps\n0,20\n600,45\n')
    const { max = 3, budgetPerHour = 2.5 } = recipe as { max?: number; budgetPerHour?: number }
    const space = join(folder, 'space.json')
    const types = ['g4dn.xlarge', 'r5n.large'].map((name) => ({ name, max }))
    writeFileSync(space, JSON.stringify({ types, budgetPerHour }))
    const asked = ['--model', 'dien', '--space', space, '--qos-ms', '1']
    const { status, stderr } = await plan('--rates', file, ...asked)
    expect(status).toBe(3)
    expect(stderr).toMatch(
      /window 0 \(from 0 s\) asks for 20 queries a second, and a later one for 45, but no/,
    )
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/raise/)
  })

  test('a schedule for tools of a curve that does not begin at midnight', async () => {
    const lines = Array.from({ length: 24 }, (_, hour) => `${25200 + 3600 * hour},20`)
    const { file } = rates(`start_s,rate_qps\n${lines.join('\n')}\n`)
    const { status, stderr } = await plan('--rates', file, '--cycle', '--emit', 'crontab')
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /start_s: starts at 25200 s, .* let the curve begin at 0 for midnight UTC, .*with --begin/,
    )
  })

  test('a rate beyond all counts', async () => {
    const { file } = rates('start_s,rate_qps\n0,20\n600,40000\n')
    const { status, stderr } = await plan('--rates', file)
    expect(status).toBe(3)
    expect(stderr).toMatch(
      /all counts together \(g4dn.xlarge=5,c5n.2xlarge=6,.*\) serve \d+\.\d: raise a maximum/,
    )
  })

  test.each([
    [['--start-delay', 'g4dn.xlarg=1'], /--start-delay: names "g4dn.xlarg".*did you mean "g4dn.xlarge"\?/],
    [['--start-delay', 'g4dn.xlarge'], /Expected type=number/],
    [
      ['--initial', 'g4dn.xlarge=9'],
      /--initial g4dn\.xlarge: is 9; a whole number up to the maximum of the type/,
    ],
    [['--cycle', '--initial', 'g4dn.xlarge=1'], /in a cycle the last window comes before the first/],
    [['--utilisation', '0'], /Expected a share above 0/],
    [['--begin', 'noon'], /Expected a time such as 2026-11-18T09:30:00Z/],
    [['--batching'], /--batching: is no flag of plan; say it in the workload instead/],
    [['--window', '1w'], /Expected a number of seconds > 0, or a time such as 10min or 1h/],
    [['--window', '1h'], /--window: is 3600, the windows of/],
    [['--window', '90m'], /--window: is 5400, the windows of/],
    [['--window', '0'], /Expected a number of seconds > 0/],
    [['--window', '3600'], /--window: is 3600, the windows of .*rates\.csv last 600 s; leave it out/],
    [['--pareto', '--report', 'page.html'], /--report is for one plan, --pareto has several/],
    [['--compare', '--emit', 'keda'], /--compare adds a table, --emit prints none/],
    [['--start-delay', 'g4dn.xlarge=-1'], /Expected type=number/],
    [['--pareto', '--compare'], /--compare is for one plan, --pareto has several/],
    [['--compare', '--forecast', 'given'], /has 0 rates for 6 windows.*give a column forecast_qps/],
    [['--allowable', 'none.json'], /none.json: there is no such file/],
    [['--emit', 'kubernetes', '--image', 'a:1'], /--router-image is missing/],
    [['--emit', 'keda', '--image', 'a:1'], /--image is for manifests; ask for --emit kubernetes/],
    [
      ['--emit', 'kubernetes', '--image', 'a:1', '--router-image', 'b:1', '--begin', '2026-11-18'],
      /manifests have no times/,
    ],
    [['--emit', 'keda'], /a schedule repeats every day or week/],
    ...['p101', 'p0x10', 'p1e1', 'p', '95', 'median'].map((text): [string[], RegExp] => [
      ['--statistic', text],
      /Expected peak, mean, or a percentile such as p95/,
    ]),
    [['--trace', 'x.csv'], /name a --rates file or a --trace/],
  ])('%j', async (args, message) => {
    const { file } = rates()
    const { status, stderr } = await plan('--rates', file, ...args)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })

  test('neither rates nor a trace', async () => {
    const { status, stderr } = await plan()
    expect(status).toBe(2)
    expect(stderr).toMatch(/no rates are given/)
  })
})
