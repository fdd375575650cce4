import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documentsOf } from '../../report/emit/deployment.ts'
import { kairos, temporaryFolder } from '../kairos.ts'
import { plan, RATES, rates } from './plan-rates.ts'

test('prints a table with a line per configuration, and the same plan as JSON and CSV', async () => {
  const { file } = rates()
  const [table, json, csv] = await Promise.all([
    plan('--rates', file),
    plan('--rates', file, '--format', 'json'),
    plan('--rates', file, '--format', 'csv', '--quiet'),
  ])
  expect(table.status).toBe(0)
  expect(table.stdout).toMatch(
    /^rm2: \$\d+\.\d\d for 1 h, \d+ starts\n6 windows of 10 min, up to 85% of the bound\n/,
  )
  expect(csv.stderr).toBe('')
  expect(table.stdout).toContain('  85% of bound q/s  ')
  expect(table.stdout).toMatch(
    /\n\nnot measured; small fleets may sustain less: check with replay --plan, or give --allowable\n$/,
  )
  const { windows, cost, starts, types } = JSON.parse(json.stdout)
  expect(types).toEqual(['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge'])
  expect(windows.map(({ rateQps }: { rateQps: number }) => rateQps)).toEqual(RATES)
  for (const { rateQps, capacityQps } of windows) expect(capacityQps).toBeGreaterThanOrEqual(rateQps)
  const run = windows.reduce(
    (sum: number, { costPerHour }: { costPerHour: number }) => sum + costPerHour / 6,
    0,
  )
  expect(cost).toBeCloseTo(run, 9)
  expect(
    windows.flatMap(({ started }: { started: number[] }) => started).reduce((a: number, b: number) => a + b),
  ).toBe(starts)
  expect(csv.stdout.split('\n')[0]).toBe(
    'start_s,rate_qps,g4dn.xlarge,c5n.2xlarge,r5n.large,t3.xlarge,capacity_qps,cost_per_hour,' +
      'started_g4dn.xlarge,started_c5n.2xlarge,started_r5n.large,started_t3.xlarge',
  )
  expect(csv.stdout.trimEnd().split('\n')).toHaveLength(7)
})

test('both kernels print the same plan', async () => {
  const { file } = rates('start_s,rate_qps\n0,10\n600,20\n')
  const folder = temporaryFolder()
  const space = join(folder, 'space.json')
  const types = [
    { name: 'g4dn.xlarge', max: 1 },
    { name: 't3.xlarge', max: 2 },
  ]
  writeFileSync(space, JSON.stringify({ types, budgetPerHour: 2.5 }))
  const [wasm, fallback] = await Promise.all(
    ['wasm', 'fallback'].map((kernel) =>
      plan('--rates', file, '--space', space, '--kernel', kernel, '--format', 'csv', '--quiet'),
    ),
  )
  expect(wasm.status).toBe(0)
  const rounded = (text: string) => text.replaceAll(/\d+\.\d{6,}/g, (number) => Number(number).toFixed(6))
  expect(rounded(fallback.stdout)).toBe(rounded(wasm.stdout))
})

test('says where times count from if the rates begin later than at 0', async () => {
  const { file } = rates('start_s,rate_qps\n3600,20\n4200,45\n')
  const { stdout, stderr } = await plan('--rates', file, '--format', 'csv')
  expect(stdout).toMatch(/\n0,20,/)
  expect(stderr).toMatch(/^the rates begin at 3600 s: times of the plan count from there/m)
  const dated = await plan('--rates', file, '--format', 'csv', '--begin', '2026-11-18')
  expect(dated.stderr).not.toMatch(/the rates begin/)
})

test('compares ways to run the fleet, and saves result, configuration and picture', async () => {
  const { file, folder } = rates()
  const out = join(folder, 'out')
  const svg = join(folder, 'plan.svg')
  const { status, stdout } = await plan(
    '--rates',
    file,
    '--compare',
    '--out',
    out,
    '--svg',
    svg,
    '--start-delay',
    'r5n.large=300',
  )
  expect(status).toBe(0)
  const lines = stdout.trimEnd().split('\n').slice(-12, -2)
  expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
    'static',
    ...[0.5, 0.6, 0.7, 0.8].map((target) => `autoscaler at ${target}`),
    ...[10, 20, 30, 40].map((headroom) => `online + ${headroom}%`),
    'optimal',
  ])
  expect(readFileSync(join(out, 'plan.txt'), 'utf8')).toBe(stdout)
  expect(existsSync(join(out, 'config.json'))).toBe(true)
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg/)
})

test('a saved config.json repeats numbers by type, and flags that were given several times', async () => {
  const { file, folder } = rates('start_s,rate_qps\n0,20\n600,60\n1200,30\n')
  const measured = await kairos(
    ['capacity', '--counts', '1,0,2,0', '--format', 'json', '--queries', '2000', '--repeats', '2', '--quiet'],
    folder,
  )
  for (const name of ['a.json', 'b.json']) writeFileSync(join(folder, name), measured.stdout)
  const flags = ['--start-delay', 'g4dn.xlarge=480,r5n.large=60', '--start-fee', 't3.xlarge=0.1']
  const args = [...flags, '--initial', 'g4dn.xlarge=1', '--allowable', 'a.json', '--allowable', 'b.json']
  const first = await kairos(['plan', '--rates', file, ...args, '--out', 'one'], folder)
  expect(first.status, first.stderr).toBe(0)
  const again = await kairos(['plan', '-c', 'one/config.json', '--out', 'two'], folder)
  expect(again.stdout, again.stderr).toBe(first.stdout)
  const [one, two] = ['one', 'two'].map((out) => readFileSync(join(folder, out, 'config.json'), 'utf8'))
  expect(two).toBe(one)
  // YAML says the same with a map and a list
  const config = [
    'rates: rates.csv',
    'startDelay: { g4dn.xlarge: 480, r5n.large: 60 }',
    'initial: { g4dn.xlarge: 1 }',
  ]
  writeFileSync(
    join(folder, 'own.yaml'),
    [...config, 'start-fee: { t3.xlarge: 0.1 }', 'allowable: [a.json, b.json]', ''].join('\n'),
  )
  expect((await kairos(['plan', '-c', 'own.yaml'], folder)).stdout).toBe(first.stdout)
})

test.each(['peak', 'p95', 'p99.9', 'p100'])(
  'a saved config.json repeats the statistic %s',
  async (statistic) => {
    const { folder } = rates()
    const arrivals = Array.from({ length: 40 }, (_, i) => `${i ** 2 * 10},10\n`)
    writeFileSync(join(folder, 't.csv'), `arrival_ms,batch_size\n${arrivals.join('')}`)
    const args = ['--trace', 't.csv', '--window', '4s', '--statistic', statistic]
    const first = await kairos(['plan', ...args, '--out', 'one', '-q'], folder)
    expect(first.status, first.stderr).toBe(0)
    expect(JSON.parse(readFileSync(join(folder, 'one/config.json'), 'utf8'))).toMatchObject({ statistic })
    const again = await kairos(['plan', '-c', 'one/config.json', '-q'], folder)
    expect(again.stdout, again.stderr).toBe(first.stdout)
  },
)

test('a plan of a log has the hours of its clock, and says what it takes for time 0 otherwise', async () => {
  const folder = temporaryFolder()
  const begin = Date.parse('2026-11-18T09:30:00Z')
  // two arrivals an hour for a day, and two a minute in its first hour
  const minutes = Array.from({ length: 1441 }, (_, minute) => minute)
  const arrivals = minutes.filter((minute) => minute < 60 || minute % 30 === 0 || minute === 1440)
  const rows = arrivals.map(
    (minute) => `${new Date(begin + 60_000 * minute).toISOString()},${minute < 60 ? 900 : 1}`,
  )
  writeFileSync(join(folder, 'day.csv'), `ts,n\n${rows.join('\n')}\n`)
  const map = [
    '--map',
    'arrival=ts,size=n',
    '--unit',
    'iso',
    '--window',
    '2026-11-18T09:30Z..2026-11-19T09:30Z',
  ]
  const converted = await kairos(['trace', 'convert', 'csv', 'day.csv', ...map, '--out', 't.csv'], folder)
  expect(converted.stderr).toContain('\ntime 0 is 2026-11-18T09:30:00Z\n')
  const hours = Array.from({ length: 24 }, (_, hour) => `${3600 * hour},${hour === 0 ? 60 : 5}\n`)
  writeFileSync(join(folder, 'rates.csv'), `start_s,rate_qps\n${hours.join('')}`)
  const args = ['plan', '--rates', 'rates.csv', '--cycle', '--emit', 'crontab']
  const [told, silent, json] = await Promise.all([
    kairos([...args, '--begin', '2026-11-18T09:30:00Z'], folder),
    kairos(args, folder),
    kairos(
      ['plan', '--trace', 't.csv', '--window', '1h', '--begin', '2026-11-18T09:30Z', '--format', 'json'],
      folder,
    ),
  ])
  expect(told.stdout).toMatch(/^30 9 \* \* \* kubectl/m)
  expect(told.stdout).toContain('# window 0 begins at 2026-11-18T09:30:00Z\n')
  expect(told.stderr).not.toContain('time 0')
  expect(silent.stdout).toMatch(/^0 0 \* \* \* kubectl/m)
  expect(silent.stderr).toContain(
    'time 0 of the rates is taken as midnight UTC; say when it is with --begin\n',
  )
  expect(JSON.parse(json.stdout)).toMatchObject({ begin: '2026-11-18T09:30:00Z', windowS: 3600 })
})

test('--emit kubernetes prints the Deployments that --emit keda scales, with the most replicas of each', async () => {
  const hours = Array.from({ length: 24 }, (_, hour) => `${3600 * hour},${hour < 8 ? 120 : 5}`)
  const { file } = rates(`start_s,rate_qps\n${hours.join('\n')}\n`)
  const images = ['--image', 'bert:1', '--router-image', 'router:1']
  const [scaled, started] = await Promise.all([
    plan('--rates', file, '--cycle', '--emit', 'keda', '--quiet'),
    plan('--rates', file, '--cycle', '--emit', 'kubernetes', ...images, '--quiet'),
  ])
  const targets = documentsOf(scaled.stdout).map(({ spec }) => [
    spec.scaleTargetRef.name,
    spec.maxReplicaCount,
  ])
  const servers = documentsOf(started.stdout).filter(
    ({ kind, metadata }) =>
      kind === 'Deployment' && metadata.labels['app.kubernetes.io/component'] === 'server',
  )
  expect(targets.length).toBeGreaterThan(1)
  expect(servers.map(({ metadata, spec }) => [metadata.name, spec.replicas])).toEqual(targets)
})

test('a curve that does not begin at 0 is moved by its first start', async () => {
  const lines = Array.from({ length: 24 }, (_, hour) => `${1800 + 3600 * hour},${hour === 0 ? 60 : 5}`)
  const { file } = rates(`start_s,rate_qps\n${lines.join('\n')}\n`)
  const args = ['--rates', file, '--cycle', '--begin', '2026-11-18']
  const [crontab, table] = await Promise.all([plan(...args, '--emit', 'crontab'), plan(...args)])
  expect(crontab.stdout).toMatch(/^30 0 \* \* \* kubectl/m)
  expect(table.stdout).toContain(', the first one begins at 2026-11-18T00:30:00Z\n')
})

test('rates of Prometheus begin at their first value, unless --begin names another instant', async () => {
  const values = Array.from({ length: 24 }, (_, hour) => [
    1_700_001_000 + 3600 * hour,
    hour === 0 ? '60' : '5',
  ])
  const result = [{ metric: {}, values }]
  const { file } = rates(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }))
  const args = ['--rates', file, '--cycle', '--emit', 'crontab']
  const [dated, moved] = await Promise.all([plan(...args), plan(...args, '--begin', '2026-11-18T09:30Z')])
  expect(dated.stdout).toContain('# window 0 begins at 2023-11-14T22:30:00Z\n')
  expect(dated.stderr).not.toContain('time 0')
  expect(moved.stdout).toContain('# window 0 begins at 2026-11-18T09:30:00Z\n')
})

test('the frontier has the cost by utilisation, and agrees with the plan', async () => {
  const { file } = rates()
  const [frontier, table, one] = await Promise.all([
    plan('--rates', file, '--pareto', '--format', 'json'),
    plan('--rates', file, '--pareto'),
    plan('--rates', file, '--utilisation', '0.9', '--format', 'json'),
  ])
  expect(frontier.status).toBe(0)
  const { rows, capacity } = JSON.parse(frontier.stdout)
  expect(capacity).toBe('bound')
  const { cost, starts } = JSON.parse(one.stdout)
  expect(rows).toContainEqual(expect.objectContaining({ utilisation: 0.9, cost, starts }))
  for (let i = 1; i < rows.length; i++) {
    expect(rows[i].utilisation).toBeGreaterThan(rows[i - 1].utilisation)
    expect(rows[i].cost).toBeLessThan(rows[i - 1].cost)
  }
  expect(table.stdout).toMatch(/^rm2: cost of the optimal plan for 1 h by utilisation\n6 windows of 10 min/)
})

test('plans with a share of the throughput that capacity has measured', async () => {
  const { folder } = rates()
  const counts = ['--counts', 'g4dn.xlarge=1', '--queries', '2000', '--repeats', '2']
  const capacity = await kairos(['capacity', ...counts, '--format', 'json', '--quiet'])
  const path = join(folder, 'measured.json')
  writeFileSync(path, capacity.stdout)
  const { results } = JSON.parse(capacity.stdout)
  const flat = join(folder, 'flat.csv')
  writeFileSync(flat, 'start_s,rate_qps\n0,1\n600,1\n')
  const args = ['--rates', flat, '--initial', 'g4dn.xlarge=1', '--utilisation', '0.5', '--format', 'json']
  const [measured, bounded] = await Promise.all([plan(...args, '--allowable', path), plan(...args)])
  expect(measured.status).toBe(0)
  const [a, b] = [JSON.parse(measured.stdout), JSON.parse(bounded.stdout)]
  expect([a.capacity, b.capacity]).toEqual(['allowable', 'bound'])
  expect(a.windows[0].counts).toEqual(b.windows[0].counts)
  expect(a.windows[0].capacityQps).toBeCloseTo(0.5 * results[0].mean, 6)
  expect(b.windows[0].capacityQps).toBeGreaterThan(a.windows[0].capacityQps)
  const table = await plan('--rates', flat, '--allowable', path)
  expect(table.stdout).toMatch(/up to 85% of the measured throughput/)
  expect(table.stdout).toContain('  85% of measured q/s  ')
  expect(table.stdout).not.toContain('not measured')
})

test('the online rule takes forecasts from a column', async () => {
  const text = 'start_s,rate_qps,forecast_qps\n0,20,20\n600,100,100\n1200,20,20\n'
  const { file } = rates(text)
  const args = ['--rates', file, '--compare', '--forecast', 'given', '--format', 'json']
  const { status, stdout } = await plan(...args)
  expect(status).toBe(0)
  const { forecast, runs } = JSON.parse(stdout).comparison
  expect(forecast).toBe('given')
  const online = runs.find(({ name }: { name: string }) => name === 'online + 10%')
  expect(online.shortShare).toBe(0)
})

test('--report writes a page with the figure and the table of the plan', async () => {
  const { file, folder } = rates()
  const page = join(folder, 'plan.html')
  const plain = await plan('--rates', file, '--quiet')
  const { status, stdout } = await plan('--rates', file, '--report', page, '--quiet')
  expect([status, stdout]).toEqual([0, plain.stdout])
  const html = readFileSync(page, 'utf8')
  const written = (pattern: RegExp) => pattern.test(html)
  expect(written(/<figure id="figure-plan"[\s\S]*?<svg/)).toBe(true)
  for (const rate of RATES)
    expect(written(new RegExp(`<td class="number">${rate}\\.0</td>`)), `${rate}`).toBe(true)
})
