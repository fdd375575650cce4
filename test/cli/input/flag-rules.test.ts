import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const RATES = 'plan --rates rates.csv'

function folderWithRates(): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'rates.csv'), 'start_s,rate_qps\n0,20\n600,45\n')
  return folder
}

describe('a flag that would be ignored is refused', () => {
  test.each([
    [`${RATES} --statistic p95`, '--statistic is for the rates of a trace; add --trace'],
    [`${RATES} --forecast given`, '--forecast is for the online rule; add --compare'],
    [`${RATES} --pareto --utilisation .7`, '--pareto has plans of every utilisation; leave one out'],
    [`${RATES} --pareto --begin 2026-11-18`, '--begin is for one plan, --pareto has several; leave one out'],
    [
      `${RATES} --format csv --begin 2026-11-18`,
      '--begin does not go with --format csv; ask for table or json',
    ],
    [`${RATES} --compare --format csv`, '--compare does not go with --format csv; ask for table or json'],
    [`${RATES} --emit crontab --format json`, '--emit has a format of its own; leave one out'],
    ['allocate --server-port 9', '--server-port is for manifests; add --emit'],
    [
      'request 127.0.0.1:1 --client-cert undefined',
      '--client-key is missing; a certificate goes with its key',
    ],
    ['profile --model rm2 --models undefined', '--models and --model name workloads each; leave one out'],
    [
      'allocate --emit skypilot --image a --router-image b',
      '--router-image does not go with --emit skypilot; leave one out',
    ],
    [
      'allocate --emit karpenter --server-port 9',
      '--server-port does not go with --emit karpenter; leave one out',
    ],
    ...['--all', '--pareto', '--top-n 3'].map((flag) => [
      `allocate --emit skypilot --image a ${flag}`,
      `--emit starts the first row, and ${flag.split(' ')[0]} lists others; leave one out`,
    ]),
    ['allocate --emit skypilot --image a --format hpdc23', '--emit has a format of its own; leave one out'],
    ['search --emit skypilot --image a --format csv', '--emit has a format of its own; leave one out'],
    ['allocate --explain 1,1,1,1 --threads 2', '--explain does not go with --threads; leave one out'],
    ['allocate --shard 0/1 --out d --format csv', '--format does not go with parts; give it to merge'],
    ['allocate --shard 0/1 --out d --server-port 9', '--server-port does not go with parts; leave it out'],
    [
      'allocate --shards 2 --emit kubernetes-job --threads 2',
      '--emit prints the job of all parts, and --threads is for one; leave one out',
    ],
    [
      'capacity --counts 1,0,0,0 --queue redis://127.0.0.1:1 --threads 2',
      '--threads does not go with --queue; workers have their own --concurrency: leave --threads out',
    ],
    [
      'replay --counts 1,0,0,0 --rate 9 --seeds 1,2 --queue redis://127.0.0.1:1 --threads 2',
      '--threads does not go with --queue',
    ],
    ['allocate --emit kubernetes', '--image and --router-image are missing; name the image of your servers'],
    ['allocate --emit kubernetes --router-image b', '--image is missing; name the image of your servers'],
    ['allocate --profile p.json --bound fluid', '--profile has no fluid bound; leave --bound or --profile'],
    ['search --queue redis://127.0.0.1:1 --log a', '--log does not go with --queue; a queue remembers'],
    ['replay --counts 1,0,0,0 --rate 9 --seeds 1,2 --trace-root d', '--trace-root is where traces are'],
    ['distribute --counts 1,0,0,0 --gaps 9,10 --report r.html', '--report compares policies at one rate'],
    ['route --fleet f.json --service-addr s.json', '--fleet and --service-addr name a fleet each'],
    ['route --fleet f.json --counts 1,0,0,0', '--counts is for the servers of --service-addr; leave it out'],
    ['replay --counts 1,0,0,0 --rate 9 --seeds 1,2 --seed 3', '--seed does not go with --seeds'],
    ['trace convert csv rates.csv --map arrival=start_s,size=rate_qps --seed 2', '--seed draws sizes from a'],
    [
      'trace convert csv rates.csv --map arrival=start_s,size=rate_qps --model rm2 --max-batch-size 50',
      '--model does not go with --max-batch-size; leave one out',
    ],
    [
      'replay --counts 1,0,0,0 --rate 9 --timing',
      '--timing needs --format json or --format csv; add --format',
    ],
    ['allocate --format hpdc23 --percentile 90', 'the published format has no percentile; leave one out'],
    ['allocate --profile p.json --qos-ms 90', '--profile was made for a target of its own; leave one out'],
    [
      'import perf-analyzer 1=a.csv 8=b.csv --type gpu --batch-size 4',
      '--batch-size: is given, and each file has one of its own; leave it out',
    ],
    [
      'init d --catalog c.csv',
      '--catalog: has nothing to price; leave it out, or name a type without a price',
    ],
    ['distribute --counts 1,0,0,0 --trace rates.csv --seed 2', '--trace names a trace, and --seed generates'],
    [
      'distribute --counts 1,0,0,0 --trace rates.csv --report r.html --seed 2',
      '--trace names a trace, and --seed generates',
    ],
    ['emulate --counts 1,0,0,0 --plan-speed 60', '--plan-speed needs --plan; add --plan'],
    ['route --fleet f.json --plan-from clock', '--plan-from needs --plan; add --plan'],
    ['route --fleet f.json --headroom 1', '--headroom is for the online rule; add --online'],
    [
      'route --fleet f.json --space hpdc23',
      '--space does not go with --fleet; add --online, or leave it out',
    ],
  ])('%s', async (line, message) => {
    const { status, stdout, stderr } = await kairosHere(line.split(' '), folderWithRates())
    expect(stderr).toContain(`kairos-wasm: ${message}`)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })

  test('rows beside manifests are those of a page', async () => {
    const line = 'allocate --emit skypilot --image a --top-n 3 --report page.html'
    const folder = temporaryFolder()
    expect((await kairosHere(line.split(' '), folder)).status).toBe(0)
    expect(readFileSync(join(folder, 'page.html'), 'utf8')).toContain('<html')
  })
})

describe('flags of a configuration file', () => {
  const planned = async (config: object, ...flags: string[]) => {
    const folder = folderWithRates()
    writeFileSync(join(folder, 'flags.json'), JSON.stringify(config))
    return kairosHere(['plan', '-c', 'flags.json', ...flags], folder)
  }

  test.each([
    [{ rates: 'rates.csv', statistic: 'p95' }, [], '--statistic is for the rates of a trace'],
    [{ rates: 'rates.csv', utilisation: 0.7, pareto: true }, [], '--pareto has plans of every utilisation'],
  ])('%j with %j: what it gives is judged as what is typed', async (config, flags, message) => {
    const { status, stderr } = await planned(config, ...flags)
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })

  test.each([
    { rates: 'rates.csv', statistic: 'peak', utilisation: 0.85, forecast: 'recent-maximum', pareto: true },
    { rates: 'rates.csv', compare: false, pareto: true, cycle: false },
  ])('%j: defaults are in saved configurations, and contradict nothing', async (config) => {
    const { status, stdout } = await planned(config)
    expect(stdout).not.toBe('')
    expect(status).toBe(0)
  })

  test('any free port goes with the servers of a plan', async () => {
    const { stderr } = await kairosHere(['emulate', '--plan', 'none.json', '--port', '0'])
    expect(stderr).toMatch(/none.json: there is no such file/)
  })

  test.each([
    `${RATES} --pareto --utilisation 0.85`,
    `${RATES} --compare --format csv --report page.html`,
    'replay --counts 1,0,0,0 --rate 9 --queries 300 --seeds 1,2 --seed 1',
    'search --emit skypilot --image a --top-n 2 --queries 500 --repeats 1 --budget 1',
    'allocate --emit skypilot --image a --top-n 1 --format table',
    'allocate --percentile 99 --bound closed-form',
  ])('%s has an effect, or changes nothing', async (line) => {
    const { status, stderr } = await kairosHere(line.split(' '), folderWithRates())
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('kairos-wasm: ')])
  })

  test('a flag that is typed wins over one of the file that contradicts it', async () => {
    const { status } = await planned({ rates: 'rates.csv', utilisation: 0.7 }, '--pareto')
    expect(status).toBe(0)
    const csv = await planned({ rates: 'rates.csv', compare: true }, '--format', 'csv')
    expect([csv.status, csv.stdout.split('\n', 1)[0]]).toEqual([0, expect.stringContaining('rate_qps')])
  })

  test('of two flags of a file that contradict each other the message names the file', async () => {
    const { status, stderr } = await planned({ rates: 'rates.csv', pareto: true, utilisation: 0.7 })
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/flags\.json: --pareto has plans of every utilisation; leave one out/),
    ])
  })

  test.each([
    `${RATES} --pareto`,
    `${RATES} --emit keda --cycle --window 43200`,
    'allocate --emit skypilot --image a',
    'allocate --explain 1,1,1,1',
    'allocate --no-batching --top-n 2',
    'replay --counts 1,0,0,0 --rate 9 --queries 300 --seeds 1,2',
  ])('%s: its saved configuration repeats it', async (line) => {
    const folder = folderWithRates()
    writeFileSync(
      join(folder, 'rates.csv'),
      `start_s,rate_qps\n0,20\n${line.includes('43200') ? 43200 : 600},45\n`,
    )
    const words = line.split(' ')
    const first = await kairosHere([...words, '--out', 'saved'], folder)
    const again = await kairosHere([words[0], '--config', 'saved/config.json', '--out', 'again'], folder)
    expect(again.stderr).not.toMatch(/leave|add /)
    expect([first.status, again.status]).toEqual([0, 0])
    expect(again.stdout).toBe(first.stdout)
  })

  test('everything of a queue is not removed where a file names an age too', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'flags.json'), JSON.stringify({ all: true, olderThan: 24 }))
    const line = ['queue', 'clean', '-c', 'flags.json', '--queue', 'redis://127.0.0.1:1']
    const { status, stderr } = await kairosHere(line, folder)
    expect(stderr).toContain('--all does not go with --older-than; leave one out')
    expect(status).toBe(2)
  })
})
