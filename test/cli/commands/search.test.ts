import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSpace, readWorkload, searchConfigurations } from '../../../src/index.ts'
import { interrupted } from '../interrupted.ts'
import { kairos, kairosHere, temporaryFolder, withDefaults } from '../kairos.ts'

const SHORT = ['--queries', '2000', '--repeats', '2']
const search = (...args: string[]) =>
  kairosHere(['search', ...withDefaults(['--model', 'mtwnd', ...SHORT], args)])

describe('what it prints', () => {
  test('a table with the answer first, and the proof below it', async () => {
    const { status, stdout, stderr } = await search('--top-n', '2')
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toBe('mtwnd: 99% of queries within 25 ms, $2.5 an hour')
    expect(lines[1]).toBe(
      'measured by replay: priced, poisson arrivals, sampled service times, 2 x 2,000 queries from seed 1',
    )
    expect(lines[3]).toMatch(/^# +g4dn\.xlarge .* bound q\/s +measured q\/s +± +of the bound/)
    expect(lines[4]).toMatch(/^1 .* \d\.\d{4} +[\d.,]+ +[\d.,]+ +[\d.,]+ +\d+\.\d% +█+/)
    expect(lines[5]).toMatch(/^2 /)
    expect(stdout).toMatch(/ < [\d.]+ +refuted/)
    expect(lines.at(-3)).toBe(
      'The first 2 rows are the best under this replay: no remaining bound is higher.',
    )
    expect(lines.at(-1)).toBe('Shares are of the bound of the sizes and service times that the replays drew.')
    expect(lines.at(-2)).toMatch(
      /^12,096 configurations, 696 within the budget, 331 feasible: \d+ measured, \d+ refuted by short replays, .*\d+ with a bound of at most [\d.]+ q\/s; [\d,]+ replays\.$/,
    )
    expect(stderr).toMatch(/^\d+ configurations evaluated in \d+ ms\n$/)
  })

  test('JSON with what the API returns', async () => {
    const { stdout, stderr } = await search('--format', 'json', '--quiet')
    expect(stderr).toBe('')
    const found = await searchConfigurations({
      ...{ workload: await readWorkload('mtwnd'), space: await readSpace('hpdc23') },
      ...{ queries: 2000, repeats: 2, threads: 1 },
    })
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(found)))
  })

  test('every evaluation as CSV; one repetition has no interval', async () => {
    const { stdout } = await search('--repeats', '1', '--format', 'csv')
    const [header, ...rows] = stdout.trimEnd().split('\n')
    expect(header).toBe(
      'rank,g4dn.xlarge,c5n.2xlarge,r5n.large,t3.xlarge,cost_per_hour,bound_qps,outcome,measured_qps,half_width_qps,share_of_bound,below_qps,tied',
    )
    expect(rows.filter((row) => /^1,.*,measured,[\d.]+,,0\.\d+,,false$/.test(row))).toHaveLength(1)
    expect(rows.some((row) => /^,.*,refuted,,,,[\d.]+,$/.test(row))).toBe(true)
  })

  test('allocate --verify is the same', async () => {
    const { stdout } = await search('--budget', '1.5')
    const verified = await kairosHere([
      ...['allocate', '--verify', '--model', 'mtwnd', '--budget', '1.5'],
      ...SHORT,
    ])
    expect(verified.stdout).toBe(stdout)
    expect(verified.status).toBe(0)
  })

  test('with a target the cheapest, whatever the threads', async () => {
    const { stdout } = await search('--target-qps', '500', '--threads', '1')
    expect(stdout).toContain('The first row is the cheapest to sustain 500 q/s.')
    expect((await search('--target-qps', '500', '--threads', '2')).stdout).toBe(stdout)
  })
})

test('spare instances, for both commands: measured without those whose loss leaves the least', async () => {
  const asked = ['--target-qps', '300', '--spare', '1']
  const { stdout, status } = await search(...asked)
  expect(status).toBe(0)
  expect(stdout).toMatch(/^1 .*without [\w.]+=1/m)
  expect(stdout).toContain(
    'the cheapest to sustain 300 q/s after the loss of any instance. Rates and shares are',
  )
  // measured, the bound of what is left and the share of it agree
  expect(stdout).toMatch(/bound q\/s +bound left q\/s +measured q\/s +± +of the bound left/)
  const [, left, mean, share] = stdout.match(/^1 .* ([\d.]+) +([\d.]+) +[\d.]+ +([\d.]+)% /m)!.map(Number)
  expect((100 * mean) / left).toBeGreaterThan(share - 2)
  expect((100 * mean) / left).toBeLessThan(share + 2)
  const verified = await kairosHere(['allocate', '--verify', '--model', 'mtwnd', ...SHORT, ...asked])
  expect(verified.stdout).toBe(stdout)
})

test('CSV names the instances without which a row is measured, as JSON does', async () => {
  const asked = ['--target-qps', '300', '--spare', '1']
  const { rows } = JSON.parse((await search(...asked, '--format', 'json')).stdout)
  const { stdout } = await search(...asked, '--format', 'csv')
  const [header, ...lines] = stdout.split('\n').map((line) => line.split(','))
  const first = lines.find(([rank]) => rank === '1')!
  const lost = [...header.keys()].filter((i) => header[i].startsWith('lost_'))
  expect(lost.map((i) => header[i])).toEqual(header.slice(1, 5).map((name) => `lost_${name}`))
  expect(lost.map((i) => Number(first[i]))).toEqual(rows[0].lost)
  expect(rows[0].lost).toContain(1)
})

test('evaluations that tie with the first are marked, whatever the rows', async () => {
  const { stdout } = await search('--exhaustive', '--budget', '1.2')
  const remark = /tied with the first|too few repetitions to tell from the first/
  expect(stdout).toMatch(new RegExp(`^ {2,}\\d.*(?:${remark.source})`, 'm'))
  const { evaluations } = JSON.parse(
    (await search('--exhaustive', '--budget', '1.2', '--format', 'json')).stdout,
  )
  const tied = evaluations.filter((row: { tied?: boolean }) => row.tied).length
  expect(stdout.match(new RegExp(remark, 'g'))).toHaveLength(tied)
})

test('says nothing of a time limit where Ctrl-C ends the search', async () => {
  const { status, stdout, stderr } = await interrupted(['search', '--queries', '500000', '--repeats', '500'])
  expect(status).toBe(130)
  expect(stdout).toMatch(
    /^Nothing was measured before the search ended\. The rows are the first by their bounds alone\./m,
  )
  expect(stderr).toMatch(/interrupted: the best so far\n$/)
})

// in processes of their own, where even the first millisecond is not enough for anything
describe('the time is up before anything is measured', () => {
  const search = (...args: string[]) => kairos(['search', '--model', 'mtwnd', ...SHORT, ...args])
  test.each([
    [[], 'first by their bounds alone'],
    [['--target-qps', '500'], 'cheapest whose bounds reach it'],
  ])('%j', async (args, which) => {
    const asked = ['--time-limit', '0.001', '--top-n', '3', ...args]
    const page = join(temporaryFolder(), 'page.html')
    const { stdout, status } = await search(...asked, '--report', page)
    expect(status).toBe(0)
    expect(stdout.match(/ not measured$/gm)).toHaveLength(3)
    expect(stdout).toContain(`Nothing was measured before the search ended. The rows are the ${which}.`)
    const [, heading] = readFileSync(page, 'utf8').match(/<h1[^>]*>(.*)<\/h1>/) ?? []
    expect(heading).toBe('Nothing was measured before the search ended')
    const found = JSON.parse((await search(...asked, '--format', 'json')).stdout)
    expect(found).toMatchObject({ rows: [], proof: { proven: false } })
    expect(found.byBound).toHaveLength(3)
    const csv = (await search(...asked, '--format', 'csv')).stdout
    expect(csv.match(/,not measured,,,,,$/gm)).toHaveLength(3)
  })
})

describe('what it saves', () => {
  test('the result, its flags, which run again, and a picture', async () => {
    const folder = temporaryFolder()
    const svg = join(folder, 'proof.svg')
    const { stdout, stderr } = await search('--out', folder, '--svg', svg, '--seed', '7')
    expect(stderr).toContain(`saved ${svg}`)
    expect(readFileSync(join(folder, 'search.txt'), 'utf8')).toBe(stdout)
    const picture = readFileSync(svg, 'utf8')
    expect(picture).toMatch(/^<svg .*the best configuration, proven/)
    // names that are cut look alike
    expect(picture).toMatch(/>g4dn\.xlarge=\d+,[^<…]*=\d+</)
    const saved = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    expect(saved).toMatchObject({ policy: 'priced', service: 'sampled', queries: 2000, repeats: 2, seed: 7 })
    const again = await kairosHere(['search', '-c', join(folder, 'config.json')])
    expect(again.stdout).toBe(stdout)
  })

  test('a log of replays that a second run takes over', async () => {
    const log = join(temporaryFolder(), 'deep', 'trials.ndjson')
    const first = await search('--log', log)
    expect(first.stderr).toContain(', 0 of its replays from the log\n')
    const trials = readFileSync(log, 'utf8').trimEnd().split('\n').length
    expect(first.stdout).toContain(` ${trials} replays.`)
    const second = await search('--log', log)
    expect(second.stdout).toBe(first.stdout)
    expect(second.stderr).toContain(`, ${trials} of its replays from the log\n`)
    expect(readFileSync(log, 'utf8').trimEnd().split('\n')).toHaveLength(trials)
  })
})

describe('what it refuses', () => {
  test.each([
    [['--policy', 'prized'], /--policy: there is no policy "prized"; did you mean "priced"\?/],
    [['--queries', '99'], /--queries: is 99; the 99th percentile needs a whole number, at least 100/],
    [['--repeats', '0'], /'--repeats <count>'.*from 1 to 10000/],
    [['--top-n', '0'], /'-n, --top-n <count>'/],
    [
      ['--exhaustive', '--target-qps', '5'],
      /--exhaustive: does not go with targetQps; a search for a target stops at the cheapest/,
    ],
    [['--seed', '1.5'], /'--seed <number>'/],
    [['--budget', 'NaN'], /'--budget <dollars>'/],
    [['--exhaustve'], /Did you mean --exhaustive\?/],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await search(...args)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
  })

  test('a log that is something else stays as it is', async () => {
    const file = join(temporaryFolder(), 'notes.txt')
    for (const text of ['remember the milk', 'remember the milk\n']) {
      writeFileSync(file, text)
      const { status, stderr } = await search('--log', file)
      expect(status).toBe(2)
      expect(stderr).toMatch(/notes\.txt line 1: is not a trial/)
      expect(readFileSync(file, 'utf8')).toBe(text)
    }
  })

  test.each([
    [['--seed', '3'], /--seed is for replays; add --verify/],
    [['--log', 'x'], /--log is for replays; add --verify/],
    [['--verify', '--pareto'], /--verify does not go with --pareto/],
    [['--verify', '--all'], /--verify does not go with --all/],
    [['--verify', '--spare', '1'], /--spare has no target to keep; add --target-qps/],
    [['--verify', '--bound', 'closed-form'], /--verify does not go with the closed form/],
    [['--verify', '--format', 'ndjson'], /--verify does not go with --format ndjson/],
  ])('allocate %j', async (args, message) => {
    const { status, stderr } = await kairosHere(['allocate', ...args])
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })
})

describe('where there is no answer', () => {
  test('nothing feasible, and a target out of reach: exit 3 with what would help', async () => {
    const none = await search('--qos-ms', '0.01', '--svg', join(temporaryFolder(), 'none.svg'))
    expect(none.status).toBe(3)
    expect(none.stdout).toMatch(/Nothing is feasible: .*QoS/i)
    const folder = temporaryFolder()
    const far = await search('--target-qps', '1090', '--format', 'json', '--svg', join(folder, 'far.svg'))
    expect(far.status).toBe(3)
    expect(JSON.parse(far.stdout).infeasible.remedies[0].limit).toBe('target')
    expect(far.stderr).toMatch(/nothing is feasible: lower the target to [\d.]+ q\/s/)
    expect(existsSync(join(folder, 'far.svg'))).toBe(false)
  })
})
