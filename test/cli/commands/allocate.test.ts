import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { publishedProfileText } from '../../fixtures/published.ts'
import { interrupted } from '../interrupted.ts'
import { CLI, kairos, kairosHere, kairosReadOnce, temporaryFolder } from '../kairos.ts'

const allocate = (...args: string[]) => kairosHere(['allocate', '--bound', 'closed-form', ...args])

describe('what it prints', () => {
  test('a table on stdout, the rest on stderr', async () => {
    const { status, stdout, stderr } = await allocate('--top-n', '3')
    expect(status).toBe(0)
    expect(stdout).toContain('12,096 configurations, 696 within the budget, 331 feasible')
    const [first] = stdout.split('\n').filter((line) => /^ *1 /.test(line))
    expect(first.replace(/█+/, '').trim().split(/ +/)).toEqual(['1', '1', '·', '13', '·', '2.4630', '143.4'])
    expect(stdout.split('\n').filter((line) => /█/.test(line))).toHaveLength(3)
    expect(stderr).toMatch(/^12,096 configurations in \d+ ms\n$/)
  })

  test('JSON with the fields of the API', async () => {
    const { stdout } = await allocate('--top-n', '2', '--format', 'json')
    const { rows, ...head } = JSON.parse(stdout)
    expect(head).toMatchObject({
      workload: { model: 'rm2', qosMs: 350, percentile: 99 },
      space: { budgetPerHour: 2.5 },
      bound: 'closed-form',
      considered: 12096,
      withinBudget: 696,
      feasible: 331,
    })
    expect(head.space.types.map((type: { name: string }) => type.name)).toEqual([
      'g4dn.xlarge',
      'c5n.2xlarge',
      'r5n.large',
      't3.xlarge',
    ])
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatchObject({ rank: 1, counts: [1, 0, 13, 0], costPerHour: 2.463 })
  })

  test('the same rows as CSV and as lines of JSON', async () => {
    const [csv, ndjson] = await Promise.all([
      allocate('--all', '--format', 'csv'),
      allocate('--all', '--format', 'ndjson'),
    ])
    const [header, ...lines] = csv.stdout.trim().split('\n')
    expect(header).toBe('rank,g4dn.xlarge,c5n.2xlarge,r5n.large,t3.xlarge,cost_per_hour,bound_qps')
    const rows = ndjson.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows).toHaveLength(331)
    expect(lines).toEqual(
      rows.map(({ rank, counts, costPerHour, bound }) => [rank, ...counts, costPerHour, bound].join()),
    )
  })

  /** SHA-256 of the files upperbounds/<model>.json that the published allocator writes. */
  test.each([
    ['rm2', '96a567990312b3d877c628a990d8261cd80b455e30ead6053be51950a7c303bc'],
    ['mtwnd', '5faf62a5f3de38aa9df8227046ef7c44325c85022a6cdaed35abc1408005ece3'],
    ['dien', 'd8a36eb7e7788e84806bd940f514b7f079684749e6d9ac1fe7b18a428b4ed19f'],
  ])('the published file of %s, byte by byte, from the published profile', async (model, digest) => {
    const folder = temporaryFolder()
    const profile = join(folder, 'profile.json')
    writeFileSync(profile, publishedProfileText())
    const args = ['--profile', profile, '--model', model, '--format', 'hpdc23', '--out', folder]
    const { stdout, status } = await kairosHere(['allocate', ...args])
    expect(status).toBe(0)
    const written = readFileSync(join(folder, 'upperbounds', `${model}.json`))
    expect(written.toString()).toBe(stdout)
    expect(createHash('sha256').update(written).digest('hex')).toBe(digest)
  })

  describe('the same bytes as a process of its own', () => {
    const args = ['--all', '--format', 'ndjson']
    let own: string
    beforeAll(async () => {
      own = (await kairos(['allocate', '--bound', 'closed-form', ...args])).stdout
    })
    test.each([
      ['--threads', '1'],
      ['--threads', '3'],
      ['--kernel', 'fallback'],
    ])('with %s %s', async (...flags) => {
      expect((await allocate(...args, ...flags)).stdout).toBe(own)
    })
  })

  test('nothing on stderr with --quiet, no colour without a terminal', async () => {
    const { stdout, stderr } = await allocate('--quiet')
    expect(stderr).toBe('')
    expect(stdout).not.toContain('\u001b')
  })

  test('an end when the reader has enough', async () => {
    const args = [
      'allocate',
      '--bound',
      'closed-form',
      '--all',
      '--format',
      'ndjson',
      '--budget',
      '100',
      '--quiet',
    ]
    const { status, stderr } = await kairosReadOnce(args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

describe('what it saves', () => {
  test('the result and a configuration that gives it again', async () => {
    const folder = temporaryFolder()
    const first = await allocate(
      '--model',
      'wnd',
      '--budget',
      '1.5',
      '--top-n',
      '7',
      '--format',
      'csv',
      '--out',
      folder,
    )
    expect(readdirSync(folder).sort()).toEqual(['config.json', 'ranking.csv'])
    expect(readFileSync(join(folder, 'ranking.csv'), 'utf8')).toBe(first.stdout)
    const again = await kairosHere(['allocate', '--config', join(folder, 'config.json')])
    expect(again.stdout).toBe(first.stdout)
  })

  test('a flag wins over the configuration', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'flags.yaml')
    writeFileSync(file, 'bound: closed-form\nmodel: dien\ntop-n: 4\nformat: csv\n')
    const { stdout } = await kairosHere(['allocate', '-c', file, '--top-n', '2'])
    expect(stdout.trim().split('\n')).toHaveLength(3)
    expect(stdout).toBe((await allocate('--model', 'dien', '--top-n', '2', '--format', 'csv')).stdout)
  })
})

describe('nothing feasible', () => {
  test('exit 3 and the smallest budget that helps', async () => {
    const { status, stdout } = await allocate('--budget', '0.3')
    expect(status).toBe(3)
    expect(stdout).toContain('raise the budget to $0.526 an hour (1 g4dn.xlarge)')
    const helped = await allocate('--budget', '0.526', '--format', 'ndjson')
    expect(helped.status).toBe(0)
  })

  test('in JSON it is data', async () => {
    const { status, stdout } = await allocate('--budget', '0.3', '--format', 'json')
    expect(status).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      feasible: 0,
      rows: [],
      infeasible: { limits: ['budget'], smallestBudget: 0.526 },
    })
  })
})

describe('bad input: exit 2, what is wrong and what to do, and nothing on stdout', () => {
  test.each([
    ['an unknown flag', ['--budgt', '3'], /unknown option '--budgt'\s+\(Did you mean --budget\?\)/],
    ['a budget of 0', ['--budget', '0'], /--budget <dollars>.*'0' is invalid.*dollars per hour > 0/],
    ['a budget that is no number', ['--budget', 'NaN'], /--budget <dollars>.*'NaN' is invalid/],
    ['no rows', ['--top-n', '0'], /--top-n <count>.*'0' is invalid. Expected a whole number >= 1/],
    ['no threads', ['--threads', '0'], /--threads <count>.*whole number from 1/],
    ['a percentile of 20', ['--percentile', '20'], /--percentile <percent>.*from 50 to 100/],
    [
      'an unknown kernel',
      ['--kernel', 'gpu'],
      /--kernel <name>.*'gpu' is invalid. Allowed choices are wasm, fallback/,
    ],
    ['an unknown model', ['--model', 'rm3'], /no shipped workload "rm3"; did you mean "rm2"/],
    ['a missing file', ['-w', 'nope.json'], /nope.json: there is no such file/],
    ['a missing config', ['-c', 'nope.yaml'], /nope.yaml: there is no such file/],
    [
      'two workloads',
      ['-w', 'rm2', '--model', 'dien'],
      /--workload and --model name a workload each; leave one out/,
    ],
    [
      'a model that the profile lacks',
      ['--profile', 'PROFILE', '--model', 'rm2'],
      /has no model "rm2"; it has dien/,
    ],
    [
      'a profile without models',
      ['--profile', 'EMPTY'],
      /empty.json: has no model "rm2"; it has none: write it by kairos-wasm profile --write$/m,
    ],
  ])('%s', async (_what, args, message) => {
    const folder = temporaryFolder()
    const profile = join(folder, 'profile.json')
    writeFileSync(profile, JSON.stringify({ dien: JSON.parse(publishedProfileText()).dien }))
    const out = join(folder, 'out')
    const empty = join(folder, 'empty.json')
    writeFileSync(empty, '{}')
    const files: Record<string, string> = { PROFILE: profile, EMPTY: empty }
    const given = args.map((arg) => files[arg] ?? arg)
    const { status, stdout, stderr } = await kairosHere(['allocate', ...given, '--out', out])
    expect(stderr).toMatch(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(existsSync(out)).toBe(false)
  })

  test('a key that stands twice, one that objects cannot hold, and a name that a terminal would obey', async () => {
    const folder = temporaryFolder()
    const refusedAs = async (text: string) => {
      const file = join(folder, 'space.json')
      writeFileSync(file, text)
      const { status, stderr } = await kairosHere(['allocate', '-s', file])
      expect(status).toBe(2)
      return stderr.slice(folder.length + 'kairos-wasm: /'.length)
    }
    const types = '[{ "name": "g4dn.xlarge", "max": 2,\n"max": 3 }]'
    expect(await refusedAs(`{ "types": ${types}, "budgetPerHour": 2 }`)).toBe(
      'space.json line 2: max: is there twice; remove one of them\n',
    )
    expect(await refusedAs('{ "types": [],\n"__proto__": {}, "budgetPerHour": 2 }')).toMatch(
      /^space.json line 2: __proto__: is not a name/,
    )
    const name = '\\u001b]0;t\\u0007'
    expect(await refusedAs(`{ "types": [{ "name": "${name}", "max": 2 }], "budgetPerHour": 2 }`)).toMatch(
      /^space.json line 1: types\[0\].name: is .*expected the name of an instance type/,
    )
    // strings with quotes and colons are no keys
    const odd = '{ "types": [{ "name": "a\\":\\"b", "max": 2, "pricePerHour": 1 }], "budgetPerHour": 2 }'
    expect(await refusedAs(odd)).toMatch(/no instance type/)
  })

  test.each([
    ['-w', 'has more than 4 MiB'],
    ['-s', 'has more than 4 MiB'],
    ['-c', 'has more than 4 MiB'],
  ])('%s with a device that never ends', async (flag, problem) => {
    const { status, stderr } = await kairosHere(['allocate', flag, '/dev/zero'])
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: `kairos-wasm: /dev/zero: ${problem}; is this the right file?\n`,
    })
  })

  test('a path that is empty', async () => {
    const { status, stderr } = await allocate('--svg', '')
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'kairos-wasm: --svg: is empty; give it a value, or leave it out\n',
    })
  })

  test('a space of more than 2^53 configurations', async () => {
    const file = join(temporaryFolder(), 'space.json')
    const names = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']
    const types = names.map((name) => ({ name, max: 20_000 }))
    writeFileSync(file, JSON.stringify({ types, budgetPerHour: 1 }))
    const { status, stderr } = await allocate('-s', file)
    expect(stderr).toMatch(/types: the space has 1.6e\+17 configurations; at most 2\^53/)
    expect(status).toBe(2)
  })
})

test('costs of the published format are rounded once', async () => {
  const file = join(temporaryFolder(), 'space.json')
  const types = [{ name: 'g4dn.xlarge', max: 5, pricePerHour: 0.8001, base: true }]
  writeFileSync(file, JSON.stringify({ types, budgetPerHour: 5 }))
  const { stdout } = await kairosHere(['allocate', '-s', file, '--format', 'hpdc23', '--quiet'])
  // 5 x 0.8001 in doubles is a little above 4.0005
  expect(stdout).toMatch(/"5": \[\s+4\.001,/)
})

test('the published file has a cost with a half behind the third digit as Python rounds it', async () => {
  const file = join(temporaryFolder(), 'space.json')
  const types = [{ name: 'g4dn.xlarge', max: 3, pricePerHour: 0.1875, base: true }]
  writeFileSync(file, JSON.stringify({ types, budgetPerHour: 5 }))
  const { stdout } = await kairosHere(['allocate', '-s', file, '--format', 'hpdc23', '--quiet'])
  const costs = Object.values(JSON.parse(stdout) as Record<string, number[]>).map(([cost]) => cost)
  // 0.1875, 0.375 and 0.5625
  expect(costs).toEqual([0.188, 0.375, 0.562])
})

test('an explanation is saved too', async () => {
  const out = join(temporaryFolder(), 'out')
  const { stdout } = await kairosHere(['allocate', '--explain', '1,0,13,0', '--out', out, '--quiet'])
  expect(readFileSync(join(out, 'explanation.txt'), 'utf8')).toBe(stdout)
  expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({ explain: [1, 0, 13, 0] })
})

test('a full disk behind stdout is told', async () => {
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, [CLI, 'allocate', '--quiet'], { stdio: ['ignore', full, 'pipe'] })
  let stderr = ''
  child.stderr?.on('data', (data) => {
    stderr += data
  })
  const [status] = await once(child, 'close')
  closeSync(full)
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'kairos-wasm: stdout: the disk is full; free some space, or choose another path\n',
  })
})

test('Ctrl-C prints and saves the best so far, with exit status 130', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'space.json')
  const others = ['c5n.2xlarge', 'r5n.large', 't3.xlarge'].map((name) => ({ name, max: 5000 }))
  // none is feasible without the first type, and those would come first
  const types = [{ name: 'g4dn.xlarge', min: 1, max: 5000 }, ...others]
  writeFileSync(file, JSON.stringify({ types, budgetPerHour: 1e9 }))
  const out = join(folder, 'out')
  const args = ['allocate', '--bound', 'closed-form', '-s', file, '--format', 'json', '--out', out]
  const ranking = () => JSON.parse(readFileSync(join(out, 'ranking.json'), 'utf8'))
  const { status, stderr } = await interrupted(args, () => ranking().rows.length > 0)
  expect(stderr).toContain('interrupted: better rows may be left')
  expect(status).toBe(130)
  const { rows, proof } = ranking()
  expect(rows).toHaveLength(20)
  expect(proof).toMatchObject({ provenRows: 0 })
})
