import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const allocate = (...args: string[]) => kairosHere(['allocate', ...args])
const json = async (...args: string[]) => JSON.parse((await allocate('--format', 'json', ...args)).stdout)

test('the fluid bound ranks by default; every row says what limits it', async () => {
  const { bound, rows, space } = await json('--top-n', '3')
  expect(bound).toBe('fluid')
  const [first] = rows
  expect(Object.keys(first)).toEqual([
    ...[
      'rank',
      'counts',
      'costPerHour',
      'bound',
      'closedForm',
      'limits',
      'oneMoreQps',
      'oneMoreQpsPerDollar',
    ],
    ...['marginalQps', 'marginalQpsPerPoint', 'budgetSlack', 'dominatedBy'],
  ])
  expect(first).toMatchObject({ rank: 1, counts: [1, 0, 13, 0], budgetSlack: 0.037, dominatedBy: null })
  expect(first.bound).toBeCloseTo(143.5844608834, 8)
  expect(first.limits).toEqual(['r5n.large', 'g4dn.xlarge', 'percentile'])
  // the bound is what its instances are worth
  const worth = first.marginalQps.reduce(
    (sum: number, price: number, t: number) => sum + price * first.counts[t],
    0,
  )
  expect(worth).toBeCloseTo(first.bound, 8)
  expect(first.oneMoreQpsPerDollar[2]).toBeCloseTo(first.oneMoreQps[2] / space.types[2].pricePerHour, 10)
})

test('--all lists what is infeasible too, with bound 0', async () => {
  const { withinBudget, feasible, rows } = await json('--all')
  expect({ withinBudget, feasible }).toEqual({ withinBudget: 696, feasible: 331 })
  expect(rows).toHaveLength(696)
  expect(rows.filter((row: { bound: number }) => row.bound === 0)).toHaveLength(365)
})

test('--pareto: the frontier of all rows', async () => {
  const [{ rows: all }, { rows: frontier }] = await Promise.all([json('--all'), json('--pareto')])
  const beaten = (row: { costPerHour: number; bound: number; rank: number }) =>
    all.some(
      (other: typeof row) =>
        other.rank < row.rank && other.costPerHour <= row.costPerHour && other.bound >= row.bound,
    )
  const expected = all.filter(
    (row: { bound: number } & Parameters<typeof beaten>[0]) => row.bound > 0 && !beaten(row),
  )
  expect(frontier.map((row: { rank: number }) => row.rank)).toEqual(
    expected.map((row: { rank: number }) => row.rank),
  )
})

test('--pareto with --top-n: the first rows of the frontier', async () => {
  const [{ rows: frontier }, { rows: first }] = await Promise.all([
    json('--pareto'),
    json('--pareto', '--top-n', '3'),
  ])
  expect(frontier.length).toBeGreaterThan(3)
  expect(first).toEqual(frontier.slice(0, 3))
})

test('--pareto for a space that is too large to list is refused by name', async () => {
  const file = join(temporaryFolder(), 'space.json')
  const types = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge'].map((name) => ({ name, max: 200 }))
  writeFileSync(file, JSON.stringify({ types, budgetPerHour: 1000 }))
  const { status, stderr } = await allocate('-s', file, '--pareto')
  expect(stderr).toMatch(
    /^kairos-wasm: --pareto: needs a list of all configurations within the budget: of 1632240801 /,
  )
  expect(status).toBe(2)
})

test('--explain: a configuration that is not one of the space', async () => {
  const { stderr, stdout } = await allocate('--explain', '99,0,0,0')
  expect(stdout).toContain('g4dn.xlarge=99: at most')
  const problems = 'g4dn.xlarge is from 0 to 5; it costs $49.574 an hour more than the budget'
  expect(stderr).toBe(`this configuration is outside the space: ${problems}\n`)
})

test('--explain: a table as wide as the terminal, and whole where it is saved', async () => {
  const { columns } = process.stdout
  onTestFinished(() => void Object.assign(process.stdout, { columns }))
  Object.assign(process.stdout, { columns: 80 })
  const explained = ['--explain', '2,0,9,0', '--quiet']
  const { stdout } = await allocate(...explained)
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  expect(stdout).not.toContain('marginal')
  expect((await allocate(...explained, '--out', temporaryFolder())).stdout).toContain('marginal')
})

test('--explain: where every batch size goes', async () => {
  const explained = await json('--explain', '1,0,13,0')
  const shares = explained.types.flatMap((type: { utilisation: number; queries: number }) => {
    return [type.utilisation, type.queries]
  })
  expect(Math.max(...shares)).toBe(1)
  const queries = explained.types.reduce((sum: number, type: { queries: number }) => sum + type.queries, 0)
  expect(queries).toBeCloseTo(1, 9)
  expect(explained.violations.share).toBeLessThanOrEqual(0.01 + 1e-9)
  expect(explained.types[2].utilisation).toBeCloseTo(1, 9)
  const { stdout } = await allocate('--explain', '1,0,13,0')
  expect(stdout).toContain('at most 143.6 queries a second')
})

test('+1 is the gain of a whole instance, and the marginal gain stands beside it', async () => {
  const args = ['--model', 'mtwnd', '--explain', 'g4dn.xlarge=1,r5n.large=9']
  const { types, bound } = await json(...args)
  expect(types[0].oneMoreQps).toBeCloseTo(251.6, 1)
  expect(types[0].oneMoreQpsPerDollar).toBeCloseTo(types[0].oneMoreQps / 0.526, 9)
  expect(types[0].marginalQps).toBeCloseTo(856.6, 1)
  const larger = await json('--model', 'mtwnd', '--explain', 'g4dn.xlarge=2,r5n.large=9')
  expect(bound + types[0].oneMoreQps).toBeCloseTo(larger.bound, 8)
  const { stdout } = await allocate(...args)
  expect(stdout).toMatch(/\+1 gains +per \$ +marginal/)
  expect(stdout).toMatch(/g4dn\.xlarge +1 .* 251\.6 q\/s +478\.\d q\/s +856\.6 q\/s/)
})

test('--target-qps and --spare', async () => {
  const { rows } = await json('--target-qps', '100', '--top-n', '2')
  expect(rows[0]).toMatchObject({ rank: 1, counts: [1, 0, 9, 0] })
  const spared = await json('--target-qps', '100', '--spare', '1', '--top-n', '2')
  expect(spared.rows[0].counts).toEqual([2, 0, 9, 0])
})

test('the rate of a target is called an upper bound, and the command to measure it can be pasted', async () => {
  const args = ['--model', 'dien', '--budget', '2.4', '--target-qps', '600']
  const { stdout } = await allocate(...args)
  expect(stdout).toContain('the cheapest whose upper bound is at least 600 q/s; measure with --verify')
  expect(stdout).toContain('The bounds are upper bounds.')
  const [, command] = stdout.match(/^ +(?:npx )?kairos-wasm (.+ --verify)$/m) ?? []
  expect(command).toBe('allocate --model dien --budget 2.4 --target-qps 600 --verify')
  const measured = await kairosHere([...command.split(' '), '--queries', '2000', '--repeats', '2'])
  expect(measured.status).toBe(0)
  expect(measured.stdout).toContain('measured by replay')
  const csv = await allocate(...args, '--format', 'csv')
  expect(csv.stderr).toContain(command)
})

test('a target out of reach: exit 3, and what would help', async () => {
  const { status, stdout } = await allocate('--target-qps', '150')
  expect(status).toBe(3)
  expect(stdout).toMatch(
    /Nothing is feasible: raise the budget to \$\d+\.\d+ an hour, or lower the target to 143.584 q\/s/,
  )
})

test.each(['.png', '.PDF', '.png.gz'])('--svg refuses a name that ends in %s', async (end) => {
  const file = join(temporaryFolder(), `picture${end}`)
  const { status, stderr } = await allocate('--top-n', '1', '--svg', file)
  const packing = end.endsWith('.gz') ? '.gz' : ''
  expect(status).toBe(2)
  expect(stderr).toContain(`end the name with .svg${packing} instead of ${end}.`)
  expect(existsSync(file)).toBe(false)
})

test('--svg draws what a dollar buys', async () => {
  const file = join(temporaryFolder(), 'frontier.svg')
  const { status, stderr } = await allocate('--pareto', '--svg', file)
  expect(status).toBe(0)
  expect(stderr).toContain(`saved ${file}`)
  expect(readFileSync(file, 'utf8')).toMatch(/^<svg[^>]*>[\s\S]*what a dollar buys/)
})

test('CSV has a column for each price and gain', async () => {
  const { stdout } = await allocate('--top-n', '1', '--format', 'csv')
  const [header, line] = stdout
    .trim()
    .split('\n')
    .map((row) => row.split(','))
  expect(header).toHaveLength(line.length)
  for (const kind of ['one_more_qps', 'one_more_qps_per_dollar', 'marginal_qps']) {
    expect(header).toContain(`${kind}_r5n.large`)
  }
  expect(header.filter((name) => name.includes('price'))).toEqual([])
  expect(line[header.indexOf('limits')]).toBe('r5n.large g4dn.xlarge percentile')
})

test.each([
  ['1,0', /--explain: has 2 numbers; one for each of g4dn/],
  ['0,0,0,0', /--explain: 0,0,0,0 is no configuration/],
])('--explain %s', async (counts, message) => {
  const { status, stderr, stdout } = await allocate('--explain', counts)
  expect(stderr).toMatch(message)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})

describe('what does not go together: exit 2', () => {
  test.each([
    [
      ['--explain', '1,0,13,0', '--format', 'csv'],
      /--explain does not go with --format csv; ask for table or/,
    ],
    [['--explain', '1,0,13,0', '--pareto'], /--explain does not go with --pareto/],
    [['--explain', '1,0,13,0', '--top-n', '3'], /--explain does not go with --top-n/],
    [['--explain', '1,0,13,0'], /--explain does not go with --svg/],
    [['--all', '--top-n', '3'], /--all does not go with --top-n/],
    [['--all', '--pareto'], /--all does not go with --pareto/],
    [['--spare', '1'], /--spare has no target to keep; add --target-qps/],
    [['--target-qps', '100', '--all'], /--target-qps lists the cheapest/],
    [['--bound', 'closed-form', '--pareto'], /--pareto needs the fluid bound/],
    [['--bound', 'closed-form', '--target-qps', '9'], /need the fluid bound/],
    [['--target-qps', '-4'], /--target-qps <rate>.*a number of queries per second > 0/],
  ])('%s', async (args, message) => {
    const svg = join(temporaryFolder(), 'picture.svg')
    const { status, stderr, stdout } = await allocate(...args, '--svg', svg)
    expect(stderr).toMatch(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(existsSync(svg)).toBe(false)
  })
})

test('--explain: no page, which it would not write', async () => {
  const page = join(temporaryFolder(), 'page.html')
  const { status, stderr, stdout } = await allocate('--explain', '1,0,13,0', '--report', page)
  expect(stderr).toMatch(/--explain does not go with --report; leave one of them out/)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})

describe('with batching', () => {
  test('bounds are higher, and the explanation shows the batches', async () => {
    const batched = await json('--batching', '--model', 'mtwnd', '--top-n', '1')
    expect(batched.rows[0].counts).toEqual([3, 0, 6, 0])
    expect(batched.workload.batching).toEqual({ maxBatch: 1000 })
    const plain = await json('--no-batching', '--model', 'mtwnd', '--top-n', '1')
    expect(plain.workload.batching).toBeUndefined()
    expect(plain.rows[0].bound).toBeLessThan(batched.rows[0].bound)
    const explained = await json('--batching', '--model', 'mtwnd', '--explain', '4,0,2,0')
    const [gpu] = explained.types
    expect(gpu.batches.at(-1).size).toBeGreaterThan(500)
    expect(
      gpu.batches.reduce((sum: number, { queries }: { queries: number }) => sum + queries, 0),
    ).toBeCloseTo(1, 9)
    const { stdout } = await allocate('--max-batch', '1000', '--model', 'mtwnd', '--explain', '4,0,2,0')
    expect(stdout).toContain('served in batches of')
  })

  test.each([
    ['14,0.5', true],
    ['7,0.5', false],
  ])('the explanation says where no two queries fit into a batch: %s', async (line, isSaid) => {
    const folder = temporaryFolder()
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    file(
      'latency.csv',
      'instance_type,batch_size,mean_ms,p0_ms,p100_ms\ngpu,7,8,8,8\ngpu,14,12,12,12\ngpu,21,15,15,15\n',
    )
    file('mix.csv', `batch_size,probability\n${line}\n21,0.5\n`)
    const question = { model: 'own', latency: 'latency.csv', mix: 'mix.csv', qosMs: 100, percentile: 99 }
    const workload = file('workload.json', JSON.stringify(question))
    const space = { types: [{ name: 'gpu', max: 3, pricePerHour: 1 }], budgetPerHour: 3 }
    const spaceFile = file('space.json', JSON.stringify(space))
    const { stdout } = await kairosHere([
      ...['allocate', '-w', workload, '-s', spaceFile, '--batching', '--explain', 'gpu=2', '--quiet'],
    ])
    expect(stdout).toContain('served in batches of')
    expect(
      stdout.includes(
        'No two queries of the mix, each counted as its size in the table, fit into one of these batches.',
      ),
    ).toBe(isSaid)
  })

  test('a target that survives a loss costs less', async () => {
    const alone = await json('--model', 'mtwnd', '--target-qps', '800', '--spare', '1', '--top-n', '1')
    const batched = await json(
      '--model',
      'mtwnd',
      '--batching',
      '--target-qps',
      '800',
      '--spare',
      '1',
      '--top-n',
      '1',
    )
    expect(batched.rows[0].costPerHour).toBeLessThan(alone.rows[0].costPerHour)
  })

  test.each([
    [['--batching'], '--batching'],
    [['--max-batch', '500', '--spare', '1'], '--max-batch 500'],
    [['--no-batching'], '--no-batching'],
  ])('the command that measures a target has %j too', async (args, batches) => {
    const { stdout } = await allocate('--model', 'mtwnd', '--target-qps', '400', '--top-n', '1', ...args)
    const [, command] = stdout.match(/kairos-wasm (allocate .+ --verify)$/m) ?? []
    const spare = args.includes('--spare') ? ' --spare 1' : ''
    expect(command).toBe(`allocate --model mtwnd ${batches} --target-qps 400${spare} --verify`)
  })

  test.each([
    [
      ['--batching', '--bound', 'closed-form'],
      /the closed form has no batches; leave --batching and --max-batch/,
    ],
    [['--max-batch', '100', '--format', 'hpdc23'], /the closed form has no batches/],
    [
      ['--max-batch', '15'],
      /--max-batch: is 15, which is no bin of the latency table; give one of its batch sizes, such as 10/,
    ],
    [
      ['--max-batch', '2000'],
      /--max-batch: is 2000, beyond the latency table; the largest batch size that was measured is 1000/,
    ],
    [['--no-batching', '--max-batch', '100'], /--no-batching and --max-batch contradict; leave one out/],
  ])('%j', async (args, message) => {
    const { status, stderr } = await allocate(...args)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })
})
