import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kairosHere } from '../kairos.ts'
import { plan, rates } from './plan-rates.ts'

describe('replay --plan', () => {
  async function saved() {
    const { file, folder } = rates()
    const { stdout } = await plan(
      '--rates',
      file,
      '--format',
      'json',
      '--quiet',
      '--start-delay',
      'r5n.large=300',
    )
    const path = join(folder, 'plan.json')
    writeFileSync(path, stdout)
    return { path, folder, result: JSON.parse(stdout) }
  }
  const replay = (...args: string[]) =>
    kairosHere(['replay', '--rate', '20', '--queries', '40000', '--service', 'sampled', ...args])

  test('runs a trace while instances start and stop, and loses nothing', async () => {
    const { path, result } = await saved()
    const { status, stdout } = await replay('--plan', path, '--format', 'json')
    expect(status).toBe(0)
    const run = JSON.parse(stdout)
    expect(run).toMatchObject({
      model: 'rm2',
      policy: 'priced',
      queries: 40_000,
      served: 40_000,
      starts: result.starts,
    })
    expect(run.shareInTime).toBeGreaterThan(0.99)
    const counts = run.windows.slice(0, 3).map((window: { counts: number[] }) => window.counts)
    expect(counts).toEqual(result.windows.slice(0, 3).map((window: { counts: number[] }) => window.counts))
    const { stdout: table } = await replay('--plan', path)
    expect(table).toMatch(
      /^rm2 under a plan: 99\.\d\d% of 40,000 queries within 350 ms, inside QoS\npriced, 99% asked for/,
    )
  })

  test('draws queries at the rates of the plan where no trace is given', async () => {
    const { path, folder, result } = await saved()
    const args = ['replay', '--format', 'json', '--plan']
    const { status, stdout, stderr } = await kairosHere([...args, path])
    expect(status).toBe(0)
    expect(stderr).toMatch(/^no trace is given: drew [\d,]+ queries at the rates of the plan$/m)
    const run = JSON.parse(stdout)
    expect(run.windows).toHaveLength(result.windows.length)
    result.windows.forEach(({ rateQps }: { rateQps: number }, w: number) => {
      const expected = rateQps * result.windowS
      expect(Math.abs(run.windows[w].queries - expected)).toBeLessThan(5 * Math.sqrt(expected))
    })
    expect((await kairosHere([...args, path, '--seed', '2'])).stdout).not.toBe(stdout)
    // they have no effect on these arrivals
    expect(await kairosHere([...args, path, '--queries', '100'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /--queries is for queries of one rate, .*; leave it out, or add --rate\n/,
      ),
    })
    // a plan of other tools may have no rates
    const bare = join(folder, 'bare.json')
    const windows = result.windows.map(({ counts }: { counts: number[] }) => ({ counts }))
    writeFileSync(bare, JSON.stringify({ ...result, windows }))
    expect(await kairosHere([...args, bare])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no trace is given; give --trace FILE, or --rate to generate one/),
    })
  })

  test.each([
    [['--counts', '2,0,9,0'], /--counts is for one configuration, --plan has many/],
    [['--space', 'hpdc23'], /--space is for one configuration, --plan has many/],
    [['--policy', 'fcfs,kairos'], /names several policies/],
    [['--report', 'page.html'], /--report is for one configuration, --plan has many/],
    [['--chrome-trace', 'trace.json'], /--chrome-trace is for one configuration/],
    [['--timing'], /--timing is for one configuration/],
    [['--model', 'dien'], /plan.json: model: plans "rm2"; expected "dien"/],
  ])('rejects %j', async (args, message) => {
    const { path } = await saved()
    const { status, stderr } = await replay('--plan', path, ...args)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })

  test('rejects a plan whose counts do not fit its types, with the place', async () => {
    const { path, result } = await saved()
    result.windows[1].counts = [1]
    writeFileSync(path, JSON.stringify(result, null, 2))
    const { status, stderr } = await replay('--plan', path)
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /plan.json line \d+: windows\[1\].counts: has 1 number; expected one for each of 4 types/,
    )
  })

  test.each([
    [/"counts": \[\s+\d+/, '"counts": [20000', /plan.json: windows\[0\].counts: are \d+ instances; at most/],
    [/g4dn.xlarge/, 'nope', /plan.json: types: the latency table has no instance type "nope"/],
    [/c5n.2xlarge/, 'g4dn.xlarge', /plan.json: types\[1\]: "g4dn.xlarge" is listed twice/],
    [
      /"startDelayS": \[\s+\d+/,
      '"startDelayS": [1e12',
      /plan.json: startDelayS\[0\]: is 1000000000000, more/,
    ],
  ])('rejects a plan with %s as %s by its field in the file', async (given, put, message) => {
    const { path } = await saved()
    writeFileSync(path, readFileSync(path, 'utf8').replace(given, put))
    const { status, stderr } = await replay('--plan', path)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })

  test('names the file of a plan whose rates are of too many queries', async () => {
    const { path } = await saved()
    writeFileSync(path, readFileSync(path, 'utf8').replace(/"rateQps": \d+/, '"rateQps": 1e9'))
    const { status, stderr } = await kairosHere(['replay', '--plan', path])
    expect(status).toBe(2)
    expect(stderr).toMatch(/plan.json: rateQps: may be \d+ queries in all windows; at most/)
  })
})
