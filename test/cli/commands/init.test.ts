import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { tableSchema } from '../../../src/files/tables/schemas.ts'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const NEW = ['-w', 'mine/workload.yaml', '-s', 'mine/space.yaml', '--format', 'json']

test('init writes files that work at once, and never overwrites', async () => {
  const folder = temporaryFolder()
  const { status, stdout, stderr } = await kairosHere(['init', 'mine'], folder)
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  expect(stderr).toMatch(
    /; next: (npx )?kairos-wasm allocate --workload mine\/workload.yaml --space mine\/space.yaml\n$/,
  )
  const ranking = await kairosHere(['allocate', ...NEW], folder)
  expect(JSON.parse(ranking.stdout).rows[0].bound).toBeGreaterThan(0)

  writeFileSync(join(folder, 'mine/mix.csv'), 'edited')
  const again = await kairosHere(['init', 'mine'], folder)
  expect(again.status).toBe(2)
  expect(again.stderr).toMatch(/mine\/workload.yaml: exists; name another folder/)
  expect(readFileSync(join(folder, 'mine/mix.csv'), 'utf8')).toBe('edited')
})

test('the next command works in a shell although a path has a space that messages escape', async () => {
  const folder = temporaryFolder()
  const { stderr } = await kairosHere(['init', "it's\u00a0\\100%mine"], folder)
  const [, next] = stderr.match(/; next: (?:npx )?kairos-wasm (.+)\n$/)!
  expect(next).toMatch(/^[ -~]+$/)
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\n' ${next}`], { encoding: 'utf8' })
  const paths = ['workload', 'space'].flatMap((name) => [`--${name}`, `it's\u00a0\\100%mine/${name}.yaml`])
  expect(stdout.split('\n')).toEqual(['allocate', ...paths, ''])
})

test('init quotes the next command for a shell, and writes npx where npm runs it', async () => {
  const folder = temporaryFolder()
  vi.stubEnv('npm_command', 'exec')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { status, stderr } = await kairosHere(['init', "it's mine"], folder)
  expect(status).toBe(0)
  const [, next] = stderr.match(/; next: npx kairos-wasm (.+)\n$/)!
  expect(next).toBe("allocate --workload 'it'\\''s mine/workload.yaml' --space 'it'\\''s mine/space.yaml'")
})

test('init takes types, prices, target and budget from flags', async () => {
  const folder = temporaryFolder()
  const answers = ['--qos-ms', '8', '--percentile', '100', '--budget', '3', '--model-name', 'a: b']
  const types = ['--types', 'big=1.5,g4dn.xlarge']
  expect((await kairosHere(['init', 'mine', ...types, ...answers], folder)).status).toBe(0)
  const { workload, space, rows } = JSON.parse((await kairosHere(['allocate', ...NEW], folder)).stdout)
  expect(workload).toEqual({ model: 'a: b', qosMs: 8, percentile: 100 })
  expect(space.budgetPerHour).toBe(3)
  expect(space.types).toMatchObject([
    { name: 'big', pricePerHour: 1.5, max: 2 },
    { name: 'g4dn.xlarge', pricePerHour: 0.526 },
  ])
  expect(rows[0].bound).toBeGreaterThan(0)
})

test('init quotes a name with a quote, and refuses prices or a target whose example no table may have', async () => {
  const folder = temporaryFolder()
  await kairosHere(['init', 'mine', '--types', '"big"=1,small=.2'], folder)
  expect((await kairosHere(['allocate', ...NEW], folder)).status).toBe(0)
  for (const args of [
    ['--types', 'a=1,b=1e-6', '--qos-ms', '1e12'],
    ['--types', 'a=1e300,b=1e-6'],
  ]) {
    const { status, stderr } = await kairosHere(['init', 'other', ...args], folder)
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringMatching(
        / ms for \S+; give a target in milliseconds, and prices that are not that far apart\n$/,
      ),
    })
    expect(existsSync(join(folder, 'other'))).toBe(false)
  }
})

test('init refuses a price that no space may have', async () => {
  const folder = temporaryFolder()
  const { status, stderr } = await kairosHere(['init', 'mine', '--types', 'a=1,b=1e-7'], folder)
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(/^kairos-wasm: types\[1\].pricePerHour: is 1e-7 for b; prices are dollars/),
  })
  expect(existsSync(join(folder, 'mine'))).toBe(false)
})

test('init writes as many types as a space takes, and nothing for more', async () => {
  const folder = temporaryFolder()
  const cheap = (count: number) => Array.from({ length: count }, (_, t) => `t${t}=0.01`).join()
  expect((await kairosHere(['init', 'mine', '--types', cheap(16)], folder)).status).toBe(0)
  const ranking = await kairosHere(['allocate', ...NEW, '-n', '1'], folder)
  expect(JSON.parse(ranking.stdout).rows, ranking.stderr).toHaveLength(1)

  const { status, stderr } = await kairosHere(['init', 'more', '--types', cheap(17)], folder)
  expect(status).toBe(2)
  expect(stderr).toMatch(/--types .* 17 types are named; 1 to 16 are possible/)
  expect(existsSync(join(folder, 'more'))).toBe(false)
})

test.each([
  ['own.type', /--types: the catalog has no price of own.type; write own.type=PRICE/],
  ['a=0', /price of a is "0"/],
  ['a\tb=1', /A name without control characters is expected/],
  ['a=1,a=2', /a is named twice/],
  ['a=0,83,b=0.41', /"a=0,83" has a decimal comma; write a=0.83/],
  ['=1', /"=1" is not TYPE=PRICE/],
  ['a=1=2', /"a=1=2" is not TYPE=PRICE/],
  ['a=', /The price of a is ""; dollars per hour > 0 are expected/],
  ['a=Infinity', /The price of a is "Infinity"; dollars per hour > 0 are expected/],
])('init refuses --types %s', async (types, message) => {
  const { status, stderr } = await kairosHere(['init', 'mine', '--types', types], temporaryFolder())
  expect(stderr).toMatch(message)
  expect(status).toBe(2)
})

test.each(['latency', 'mix', 'trace'] as const)(
  'schema %s is the Table Schema of the CSV file',
  async (name) => {
    const { status, stdout } = await kairosHere(['schema', name])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual(tableSchema(name))
  },
)

test('every column of the shipped tables is in its schema or is a quantile', () => {
  const columnsOf = (file: string) => readFileSync(file, 'utf8').split('\n')[0].split(',')
  const fieldsOf = (name: 'latency' | 'mix') =>
    (tableSchema(name) as { fields: { name: string; type: string; unit?: string }[] }).fields
  expect(fieldsOf('mix').map(({ name }) => name)).toEqual(columnsOf('data/mixes/hpdc23.csv'))
  const latency = fieldsOf('latency').map(({ name }) => name)
  const others = columnsOf('data/latency/rm2.csv').filter((name) => !/^p[\d.]+_ms$/.test(name))
  // the shipped tables were taken one request at a time
  expect(latency.filter((name) => !/^p[\d.]+_ms$/.test(name) && name !== 'concurrency')).toEqual(others)
  for (const { name, unit } of fieldsOf('latency')) expect(unit === 'ms').toBe(name.endsWith('_ms'))
})

test('init refuses a model name that the workload file may not have', async () => {
  const folder = temporaryFolder()
  const { status, stderr } = await kairosHere(['init', 'mine', '--model-name', 'a\tb'], folder)
  expect(status).toBe(2)
  expect(stderr).toMatch(/--model-name .*A name without control characters is expected/)
  expect(existsSync(join(folder, 'mine'))).toBe(false)
})
