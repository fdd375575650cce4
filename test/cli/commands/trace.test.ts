import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { generateTrace, readMix, readTrace } from '../../../src/index.ts'
import { CLI, kairos, kairosHere, kairosReadOnce, temporaryFolder } from '../kairos.ts'
import { AZURE_LLM, BURSTGPT, workFolder } from '../trace-files.ts'

const trace = (...args: string[]) => kairosHere(['trace', ...args])

const GENERATE = ['generate', '--rate', '50', '--queries', '300']
const generate = (...args: string[]) => trace(...GENERATE, ...args)

describe('generate', () => {
  test('is the trace of the API, sizes of the published workload', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'trace.csv')
    const { status, stdout, stderr } = await generate('--seed', '7', '--out', file)
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(stderr).toMatch(/^wrote .*trace\.csv: 300 queries in \d+\.?\d* s, [\d.]+ q\/s\n$/)
    expect(readdirSync(folder)).toEqual(['trace.csv'])
    const mix = await readMix(fileURLToPath(new URL('../../../data/mixes/hpdc23.csv', import.meta.url)))
    const recipe = { arrivals: 'poisson', rate: 50, queries: 300, seed: 7, mix } as const
    expect(await readTrace(file)).toEqual(generateTrace(recipe))
  })

  test.each(['poisson', 'gamma --cv 3', 'constant', 'integer-gaps'])(
    '%s: the same seed, the same bytes; another seed, others',
    async (process) => {
      const arrivals = ['--arrivals', ...process.split(' ')]
      const [once, again, other] = await Promise.all(
        ['4', '4', '5'].map((seed) => generate(...arrivals, '--seed', seed)),
      )
      expect(once.status).toBe(0)
      expect(once.stdout.split('\n')).toHaveLength(302)
      expect(again.stdout).toBe(once.stdout)
      expect(other.stdout).not.toBe(once.stdout)
    },
  )

  test('to a file and to stdout are the same bytes', async () => {
    const file = join(temporaryFolder(), 'trace.csv')
    await generate('--out', file)
    const { stdout } = await kairos(['trace', ...GENERATE])
    expect(readFileSync(file, 'utf8')).toBe(stdout)
  })

  test('takes a mix of its own, and flags from a file', async () => {
    const { run } = workFolder()
    const { stdout, stderr } = await run('generate', '-c', 'config.yaml', '--rate', '100', '-q')
    expect({ stdout, stderr }).toEqual({
      stdout: 'arrival_ms,batch_size\n10,7\n20,7\n30,7\n',
      stderr: '',
    })
  })

  test('ends when the reader has enough', async () => {
    const args = ['trace', 'generate', '--rate', '50', '--queries', '1000000', '--quiet']
    const { status, stderr } = await kairosReadOnce(args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

describe('convert', () => {
  test('reads the formats of others and says what it kept', async () => {
    const { run } = workFolder()
    const { status, stdout, stderr } = await run('convert', 'azure-llm', 'azure.csv', '--size', 'generated')
    expect(stdout).toBe('arrival_ms,batch_size\n0,10\n52,8\n98.189,27\n29479.069,19\n')
    expect(stderr).toBe(
      '4 rows: 4 kept\ntime 0 is 2023-11-16T18:17:03.980Z\nwrote 4 queries in 29.5 s, 0.102 q/s\n',
    )
    expect(status).toBe(0)
  })

  test('fits sizes to a workload, and counts what it changed', async () => {
    const { run, folder } = workFolder()
    const args = [
      'burst.csv',
      '--model',
      'rm2',
      '--drop',
      'zero',
      '--clamp-to',
      '1000',
      '--out',
      'new/out.csv',
    ]
    const { stderr } = await run('convert', 'burstgpt', ...args)
    expect(stderr).toBe(
      '3 rows: 2 kept, 1 dropped for a size of 0, 1 with a size lowered to 1000\n' +
        'wrote new/out.csv: 2 queries in 40 s, 0.025 q/s\n',
    )
    expect(readFileSync(join(folder, 'new/out.csv'), 'utf8')).toBe(
      'arrival_ms,batch_size\n0,472\n40000,1000\n',
    )
    const dropped = await run(
      'convert',
      'burstgpt',
      'burst.csv',
      '--max-batch-size',
      '500',
      '--drop',
      'zero,beyond',
    )
    expect(dropped.stdout).toBe('arrival_ms,batch_size\n0,472\n')
    expect(dropped.stderr).toBe(
      '3 rows: 1 kept, 1 dropped for a size of 0, 1 dropped for a size beyond 500\nwrote 1 query\n',
    )
  })

  test('maps the columns of any CSV and sorts it', async () => {
    const { run } = workFolder()
    const map = ['--map', 'arrival=when,size=items', '--unit', 's', '--delimiter', ';']
    const { stdout, stderr } = await run('convert', 'csv', 'log.csv', ...map)
    expect(stdout).toBe('arrival_ms,batch_size\n0,4\n1000,5\n2000,3\n')
    expect(stderr).toMatch(/^3 rows: 3 kept, 2 sorted in/)
  })

  test.each(['tab', '\\t', '\t'])(
    'reads columns that are separated by tabs with --delimiter %j',
    async (tab) => {
      const { folder, run } = workFolder()
      writeFileSync(join(folder, 'log.tsv'), 'when\titems\n1700000000\t4\n')
      const { stdout, stderr } = await run(
        ...['convert', 'csv', 'log.tsv', '--map', 'arrival=when,size=items', '--delimiter', tab],
      )
      expect(stdout).toBe('arrival_ms,batch_size\n0,4\n')
      expect(stderr).toContain(
        '1 row: 1 kept\nin s the first arrival would be a time since 1970: is --unit s meant?\n',
      )
    },
  )

  test('cuts, speeds up and scales', async () => {
    const { run } = workFolder()
    const bytes = async (...args: string[]) =>
      (await run('convert', 'kairos', 'trace.csv', ...args)).stdout.replace('arrival_ms,batch_size\n', '')
    expect(await bytes('--window', '..0.03s')).toBe('10,5\n20,6\n')
    expect(await bytes('--window', '20..')).toBe('0,6\n20,7\n')
    expect(await bytes('--speed', '2')).toBe('5,5\n10,6\n20,7\n')
    expect(await bytes('--window', '20..1min', '--rate', '100')).toBe('0,6\n10,7\n')
    expect((await run('convert', 'kairos', 'trace.csv', '--window', '20..')).stderr).toMatch(
      /^3 rows: 2 kept, 1 outside the window\n/,
    )
  })

  test('draws sizes from a mix, the same for the same seed', async () => {
    const { run } = workFolder()
    const draw = async (...args: string[]) => (await run('convert', 'azure-llm', 'azure.csv', ...args)).stdout
    expect(await draw('--mix', 'fine-mix.csv')).toBe(
      'arrival_ms,batch_size\n0,7\n52,7\n98.189,7\n29479.069,7\n',
    )
    const drawn = await draw('--size', 'mix', '--model', 'rm2', '--seed', '3')
    expect(await draw('--size', 'mix', '--seed', '3')).toBe(drawn)
    expect(await draw('--size', 'mix', '--seed', '4')).not.toBe(drawn)
  })

  test('says that the last line may be cut', async () => {
    const { stderr } = await workFolder().run('convert', 'azure-llm', 'cut.csv')
    expect(stderr).toContain('\nthe last line has no end: was the file cut inside its last number?\n')
  })
})

describe('describe', () => {
  test('is a table, or data', async () => {
    const { run } = workFolder()
    const [text, json] = await Promise.all([
      run('describe', 'trace.csv'),
      run('describe', 'trace.csv', '--format', 'json'),
    ])
    expect(text.stdout).toMatch(/^queries {3}3\nduration {2}30 ms\nrate {6}66\.7 q\/s\n/)
    expect(text.stdout).toContain('Batch sizes, 5 to 7')
    expect(text.stderr).toBe('')
    expect(JSON.parse(json.stdout)).toMatchObject({
      queries: 3,
      durationMs: 30,
      sizes: { min: 5, p50: 6, max: 7 },
    })
  })

  test('says that the last line has no end', async () => {
    const { folder, run } = workFolder()
    writeFileSync(join(folder, 'open.csv'), 'arrival_ms,batch_size\n10,5\n20,6')
    const { status, stdout, stderr } = await run('describe', 'open.csv')
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^queries {3}2\n/) })
    expect(stderr).toBe(
      'open.csv line 3: the last line has no line end: was the file cut inside its last number?\n',
    )
  })

  test('reads what the others write', async () => {
    const { folder, run } = workFolder()
    const out = ['--out', join(folder, 'new.csv')]
    await generate('--arrivals', 'constant', ...out)
    const { stdout } = await run('describe', 'new.csv', '--format', 'json')
    expect(JSON.parse(stdout).rate).toBeCloseTo(50, 9)
    await run('convert', 'burstgpt', 'burst.csv', '--drop', 'zero', ...out)
    expect((await run('describe', 'new.csv')).stdout).toMatch(/^queries {3}2\n/)
  })

  test('draws a picture, the same one every time, that needs no network', async () => {
    const { folder, run } = workFolder()
    const { status, stderr } = await run('describe', 'trace.csv', '--svg', 'a.svg')
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'saved a.svg\n' })
    const svg = readFileSync(join(folder, 'a.svg'), 'utf8')
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<\/svg>\n$/s)
    for (const text of ['3 queries in 30 ms', 'queries a second', 'time (ms)', 'batch size']) {
      expect(svg).toContain(text)
    }
    expect(svg.replaceAll(/xmlns(:xlink)?="[^"]*"/g, '')).not.toMatch(/http|<script|<image|NaN|undefined/)
    await run('describe', 'trace.csv', '--svg', 'b.svg')
    expect(readFileSync(join(folder, 'b.svg'), 'utf8')).toBe(svg)
  })

  test('draws a picture without a rate too', async () => {
    const { folder, run } = workFolder()
    writeFileSync(join(folder, 'one.csv'), 'arrival_ms,batch_size\n5,1\n')
    expect((await run('describe', 'one.csv', '--svg', 'one.svg')).status).toBe(0)
    expect(readFileSync(join(folder, 'one.svg'), 'utf8')).toMatch(/>1 query</)
  })
})

test.each([
  ['SIGINT', 130],
  ['SIGHUP', 129],
] as const)('%s ends writing with %d and leaves nothing behind', async (signal, expected) => {
  const folder = temporaryFolder()
  const out = join(folder, 'new', 'trace.csv')
  const args = ['trace', 'generate', '--rate', '50', '--queries', '5000000', '--out', out]
  const child = spawn(process.execPath, [CLI, ...args])
  let stderr = ''
  child.stderr.on('data', (data) => {
    stderr += data
  })
  while (!existsSync(join(folder, 'new'))) await new Promise((resolve) => setTimeout(resolve, 5))
  child.kill(signal)
  const [status] = await once(child, 'close')
  expect(stderr).toBe('kairos-wasm: interrupted before it was done\n')
  expect(status).toBe(expected)
  expect(readdirSync(folder)).toEqual([])
})

describe('help', () => {
  test.each([[[]], [['generate']], [['convert']], [['describe']], [['mix']]])(
    'of trace %j shows examples',
    async (command) => {
      const { stdout, status } = await trace(...command, '--help')
      expect(status).toBe(0)
      expect(stdout).toMatch(/Examples:\n {2}kairos-wasm trace /)
    },
  )

  test('has examples that all run', async () => {
    const { folder, run } = workFolder()
    const files = {
      'AzureLLMInferenceTrace_conv.csv': AZURE_LLM,
      'BurstGPT_1.csv': BURSTGPT,
      'invocations.csv': 'app,func,end_timestamp,duration\na,f,3,1\na,g,3605,1\na,f,3700,1\n',
      'log.csv': 'when,items,status\n0,3,200\n0.5,4,500\n1.5,4,200\n',
      'log.jsonl': '{"ts": "2026-11-18T09:30:00.5Z", "n": 3}\n{"ts": "2026-11-18T09:31:00Z", "n": 4}\n',
      'sizes.csv': 'batch_size,probability\n7,1\n',
      'workload.yaml': readFileSync(
        new URL('../../../data/workloads/rm2.json', import.meta.url),
        'utf8',
      ).replaceAll('../', fileURLToPath(new URL('../../../data/', import.meta.url))),
    }
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
    for (const command of ['generate', 'convert', 'describe']) {
      const { stdout } = await run(command, '--help')
      const examples = [...stdout.matchAll(/^ {2}kairos-wasm trace (\S.*?)(?: {2,}.*)?$/gm)].map(
        ([, line]) => line,
      )
      expect(examples.length).toBeGreaterThan(2)
      for (const example of examples) {
        // unquoted, a shell reads < and > as redirections
        expect(example.replace(/"[^"]*"| > \S+$/g, '')).not.toMatch(/[<>]/)
        const args = example.replace(/ > .*/, '').replaceAll('"', '').split(' ')
        const { status, stderr } = await run(...args)
        expect({ example, status, stderr }).toMatchObject({ status: 0 })
      }
    }
  })
})
