/** A workload and machines of one's own: what has to be named, how counts are given, and what mistakes are told. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const FILES: Record<string, string> = {
  'workload.yaml': 'model: mine\nlatency: latency.csv\nmix: mix.csv\nqosMs: 20\npercentile: 99\n',
  'mix.csv': 'batch_size,probability\n1,0.5\n8,0.5\n',
  'latency.csv': [
    'instance_type,batch_size,samples,mean_ms,p0_ms,p50_ms,p99_ms,p100_ms',
    'cpu.small,1,100,4,3,4,6,7',
    'cpu.small,8,100,9,8,9,12,13',
    'gpu.large,1,100,2,1,2,3,4',
    'gpu.large,8,100,3,2,3,4,5\n',
  ].join('\n'),
  'space.yaml': [
    'types:',
    '  - { name: gpu.large, max: 4, pricePerHour: 1.5 }',
    '  - { name: cpu.small, max: 9, pricePerHour: 0.2 }',
    'budgetPerHour: 5\n',
  ].join('\n'),
}

function ownFolder(changes: Record<string, string> = {}): string {
  const folder = temporaryFolder()
  for (const [name, content] of Object.entries({ ...FILES, ...changes })) {
    writeFileSync(join(folder, name), content)
  }
  return folder
}

const OWN = ['-w', 'workload.yaml']
const DRAWN = ['--rate', '50', '--queries', '200', '--quiet', '--format', 'json']

describe('counts', () => {
  test('by type are the same in any order, and results list the types', async () => {
    const folder = ownFolder()
    const counted = await kairosHere(
      ['replay', ...OWN, '--counts', 'gpu.large=2,cpu.small=1', ...DRAWN],
      folder,
    )
    const turned = await kairosHere(
      ['replay', ...OWN, '--counts', 'cpu.small=1,gpu.large=2', ...DRAWN],
      folder,
    )
    expect(counted.stderr).toBe('')
    expect(turned.stdout).toBe(counted.stdout)
    expect(JSON.parse(counted.stdout).results[0]).toMatchObject({
      types: ['cpu.small', 'gpu.large'],
      counts: [1, 2],
    })
  })

  test('by position follow the space and not the latency table', async () => {
    const folder = ownFolder()
    const args = ['capacity', ...OWN, '-s', 'space.yaml', '--queries', '500', '--repeats', '2', '--quiet']
    const { stdout } = await kairosHere([...args, '--counts', '2,1'], folder)
    expect(stdout).toContain('mine on gpu.large=2,cpu.small=1: 99% of queries within 20 ms')
    const explained = ['allocate', ...OWN, '-s', 'space.yaml', '--quiet']
    const byPosition = await kairosHere([...explained, '--explain', '2,1'], folder)
    const byType = await kairosHere([...explained, '--explain', 'cpu.small=1,gpu.large=2'], folder)
    expect(byType).toEqual(byPosition)
    expect(byType.stdout).toMatch(/^gpu\.large=2,cpu\.small=1: at most/)
  })

  test('by type are kept in a saved configuration', async () => {
    const folder = ownFolder()
    const args = ['replay', ...OWN, '--counts', 'gpu.large=2', ...DRAWN, '--out', 'saved']
    const { stdout } = await kairosHere(args, folder)
    expect(JSON.parse(readFileSync(join(folder, 'saved/config.json'), 'utf8')).counts).toBe('gpu.large=2')
    expect((await kairosHere(['replay', '-c', 'saved/config.json', '--quiet'], folder)).stdout).toBe(stdout)
  })

  const POSITION =
    /--counts: is 2,0, which does not say .*; write cpu.small=2,gpu.large=0, or name by --space/
  test.each([
    ['replay by position without a space', ['replay', '--rate', '9', '--counts', '2,0'], POSITION],
    ['capacity by position without a space', ['capacity', '--counts', '2,0'], POSITION],
    ['distribute by position without a space', ['distribute', '--rate', '9', '--counts', '2,0'], POSITION],
    ['emulate by position without a space', ['emulate', '--counts', '2,0'], POSITION],
    [
      'a type with a typo',
      ['capacity', '--counts', 'gpu.lagre=2'],
      /"gpu.lagre" is none .*did you mean "gpu.large"/,
    ],
    ['a type twice', ['capacity', '--counts', 'cpu.small=2,cpu.small=1'], /cpu.small is counted twice/],
    ['half of a pair', ['capacity', '--counts', 'cpu.small=2,9'], /"9" is not TYPE=COUNT/],
    ['a negative count', ['capacity', '--counts', 'cpu.small=-2'], /whole number from 0/],
    ['no instance', ['capacity', '--counts', 'cpu.small=0'], /--counts: the configuration has no instance/],
    [
      'other counts than types',
      ['capacity', '-s', 'space.yaml', '--counts', '2'],
      /has 1 number; one for each of gpu/,
    ],
  ])('%s', async (_what, args, message) => {
    const [command, ...rest] = args
    const { status, stderr } = await kairosHere([command, ...OWN, ...rest], ownFolder())
    expect(stderr.replace(/\s+/g, ' ')).toMatch(message)
    expect(status).toBe(2)
  })
})

test.each(['allocate', 'search', 'profile'])(
  '%s asks for the space of a workload of one’s own',
  async (command) => {
    const { status, stderr } = await kairosHere([command, ...OWN], ownFolder())
    expect(stderr).toMatch(
      /space: is missing for workload.yaml; name the file that says how many of cpu.small, gpu.large/,
    )
    expect(status).toBe(2)
  },
)

test('a published space may be named for a workload of one’s own', async () => {
  const { status, stderr } = await kairosHere(['allocate', ...OWN, '-s', 'hpdc23'], ownFolder())
  expect(stderr).toMatch(
    /hpdc23.json line 3: types\[0\].name: the latency table has no instance type "g4dn.xlarge"/,
  )
  expect(status).toBe(2)
})

test.each(['../../../evil', 'a\\b', '..'])('a model named %s names no file', async (model) => {
  const workload = FILES['workload.yaml'].replace('model: mine', `model: ${model}`)
  const folder = ownFolder({ 'workload.yaml': workload })
  const args = ['allocate', ...OWN, '-s', 'space.yaml', '--format', 'hpdc23', '--out', 'results']
  const { status, stderr } = await kairosHere(args, folder)
  expect(stderr).toContain(`model: is "${model}"; the format hpdc23 names a file after the model`)
  expect(status).toBe(2)
  expect(existsSync(join(folder, 'results'))).toBe(false)
})

test('a type that the latency table lacks has its line and the nearest name', async () => {
  const space = FILES['space.yaml'].replace('gpu.large', 'gpu.lagre')
  const { stderr } = await kairosHere(
    ['allocate', ...OWN, '-s', 'space.yaml'],
    ownFolder({ 'space.yaml': space }),
  )
  expect(stderr).toMatch(/space.yaml line 2: types\[0\].name: .*"gpu.lagre"; did you mean "gpu.large"/)
})

test.each([
  ['latency', 3, 'latency.csv'],
  ['mix', 4, 'mix.csv'],
])('a %s file that is missing is told with the line that names it', async (field, line, file) => {
  const workload = FILES['workload.yaml']
    .replace(file, `nope-${file}`)
    .replace('model: mine', 'model: mine\n')
  const folder = ownFolder({ 'workload.yaml': workload })
  const { status, stderr } = await kairosHere(['allocate', ...OWN, '-s', 'space.yaml'], folder)
  expect(stderr).toContain(`workload.yaml line ${line}: ${field}: names nope-${file}: there is no such file`)
  expect(status).toBe(2)
})

test('a latency table of mean, p50, p95 and p99 is enough; what is derived is said once', async () => {
  const rows = [
    'cpu.small,1,4,4,5,6',
    'cpu.small,8,9,9,11,12',
    'gpu.large,1,2,2,2.5,3',
    'gpu.large,8,3,3,3.5,4',
  ]
  const folder = ownFolder({
    'latency.csv': ['instance_type,batch_size,mean_ms,p50_ms,p95_ms,p99_ms', ...rows, ''].join('\n'),
  })
  const { status, stdout, stderr } = await kairosHere(['allocate', ...OWN, '-s', 'space.yaml'], folder)
  expect({ status, table: stdout.split('\n')[0] }).toEqual({
    status: 0,
    table: 'mine: 99% of queries within 20 ms, $5 an hour',
  })
  expect(stderr.match(/derived p0_ms/g)).toHaveLength(1)
  const quiet = await kairosHere(['allocate', ...OWN, '-s', 'space.yaml', '--quiet'], folder)
  expect(quiet).toEqual({ status, stdout, stderr: '' })
})

const SHORT = ['--counts', 'gpu.large=5,cpu.small=1', '--queries', '200', '--repeats', '1']

test('a table that was taken at a concurrency asks for a space with slots', async () => {
  const [head, ...rows] = FILES['latency.csv'].trim().split('\n')
  const latency = [`${head},concurrency`, ...rows.map((row) => `${row},${row.startsWith('gpu') ? 2 : 1}`), '']
  const folder = ownFolder({ 'latency.csv': latency.join('\n') })
  const { status, stderr } = await kairosHere(['capacity', ...OWN, ...SHORT], folder)
  expect(stderr).toContain(
    '--space: is missing, and the latency table of gpu.large was taken at concurrency 2; name a space that gives gpu.large slots: 2, by --space FILE',
  )
  expect(status).toBe(2)
})

test('counts beyond the space, and slots of a table that does not say its concurrency, are told', async () => {
  const space = FILES['space.yaml'].replace('max: 4,', 'max: 4, slots: 2,')
  const folder = ownFolder({ 'space.yaml': space })
  const asked = ['capacity', ...OWN, '-s', 'space.yaml', ...SHORT]
  const [{ status, stderr }, quiet, ranked] = await Promise.all([
    kairosHere(asked, folder),
    kairosHere([...asked, '--quiet'], folder),
    kairosHere(['allocate', ...OWN, '-s', 'space.yaml'], folder),
  ])
  expect(stderr).toContain('gpu.large=5 is beyond the space space.yaml, whose max is 4\n')
  const unknown =
    'gpu.large has 2 slots, and its latency table does not say its concurrency: its times are taken as those of 2 requests at a time\n'
  expect(stderr).toContain(unknown)
  expect(ranked.stderr).toContain(unknown)
  expect([status, quiet.stderr]).toEqual([0, ''])
})

test('many types with slots whose table does not say its concurrency are told in one line', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const [header] = FILES['latency.csv'].split('\n')
  const latency = names.flatMap((name) => [`${name},1,100,4,3,4,6,7`, `${name},8,100,9,8,9,12,13`])
  const types = names.map((name, t) => `  - { name: ${name}, max: 1, slots: ${t + 1}, pricePerHour: 1 }`)
  const folder = ownFolder({
    'latency.csv': `${[header, ...latency].join('\n')}\n`,
    'space.yaml': `types:\n${types.join('\n')}\nbudgetPerHour: 5\n`,
  })
  const of = async (...asked: string[]) => {
    const { stderr } = await kairosHere([...asked, '-w', 'workload.yaml', '-s', 'space.yaml'], folder)
    return stderr.split('\n').filter((line) => line.includes('concurrency'))
  }
  const told =
    'the latency table does not say the concurrency of types with slots: the times of each are taken as'
  expect(await of('allocate')).toEqual([
    `${told} those of that many requests at a time: b (2), c (3), d (4), e (5), f (6), and 1 more`,
  ])
  expect(await of('replay', '--rate', '1', '--counts', '0,0,1,1,0,0,0')).toEqual([
    `${told} those of that many requests at a time: c (3), d (4)`,
  ])
})

test('pages and pictures of a fleet name its slots, as the tables do', async () => {
  const folder = ownFolder({ 'space.yaml': FILES['space.yaml'].replace('max: 4,', 'max: 4, slots: 2,') })
  const asked = [...OWN, '-s', 'space.yaml', ...SHORT.slice(0, 4), '--quiet']
  // <wbr> is where a long name may be divided
  const read = (name: string) => readFileSync(join(folder, name), 'utf8').replaceAll('<wbr>', '')
  const replayed = await kairosHere(
    ['replay', ...asked, '--rate', '50', '--svg', 'r.svg', '--report', 'r.html'],
    folder,
  )
  const found = await kairosHere(['capacity', ...asked, '--repeats', '1', '--report', 'c.html'], folder)
  expect([replayed.status, found.status]).toEqual([0, 0])
  const fleet = 'gpu.large=5,cpu.small=1 (2 slots of gpu.large)'
  expect(read('r.svg')).toContain(`mine on ${fleet}`)
  expect(read('r.html')).toContain(` in time on ${fleet}</h1>`)
  expect(read('c.html')).toContain(`${fleet} sustains `)
  // the captions of figures, which are saved as pictures of their own
  expect(read('r.html')).toContain(`Tail of the latencies on ${fleet}.`)
  expect(read('c.html')).toContain(`Allowable throughput on ${fleet} with 95% intervals`)
})

test.each([['plan'], ['allocate']])(
  '%s --report reads the files once, and says once what it derives',
  async (name) => {
    const text = FILES['latency.csv'].replace('p0_ms,', '').replaceAll(/^(.*?,.*?,.*?,.*?),\d+/gm, '$1')
    const folder = ownFolder({ 'latency.csv': text, 'rates.csv': 'start_s,rate_qps\n0,10\n600,30\n' })
    const rates = name === 'plan' ? ['--rates', 'rates.csv'] : []
    const { status, stderr } = await kairosHere(
      [name, ...OWN, '-s', 'space.yaml', ...rates, '--report', 'page.html'],
      folder,
    )
    expect(status).toBe(0)
    expect(stderr.match(/derived/g)).toHaveLength(1)
    expect(stderr).toContain('saved page.html')
  },
)

test('names the types of which a catalog has no price, and the prices that count', async () => {
  const folder = ownFolder({ 'catalog.csv': 'instance_type,price_per_hour\ncpu.small,0.3\n' })
  const args = ['allocate', ...OWN, '-s', 'space.yaml', '--catalog', 'catalog.csv', '--format', 'json']
  const { stdout, stderr } = await kairosHere(args, folder)
  const { space } = JSON.parse(stdout)
  expect(space.types.map((type: { pricePerHour: number }) => type.pricePerHour)).toEqual([1.5, 0.3])
  expect(stderr).toContain('catalog.csv lacks prices; those of the space count: gpu.large $1.5 an hour\n')
  expect((await kairosHere([...args, '--quiet'], folder)).stderr).toBe('')
})
