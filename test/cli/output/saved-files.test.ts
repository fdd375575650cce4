import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { CLI, kairos, kairosHere, kairosReadOnce, temporaryFolder } from '../kairos.ts'

test('files are saved whole although the reader of the output leaves', async () => {
  const folder = temporaryFolder()
  const flags = [
    '--all',
    '--format',
    'csv',
    '--out',
    'out',
    '--svg',
    'a.svg',
    '--report',
    'a.html',
    '--quiet',
  ]
  const { status } = await kairosReadOnce(['allocate', ...flags], folder)
  expect(status).toBe(0)
  expect(readdirSync(folder).toSorted()).toEqual(['a.html', 'a.svg', 'out'])
  expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(['config.json', 'ranking.csv'])
  const saved = readFileSync(join(folder, 'out', 'ranking.csv'), 'utf8')
  const { stdout } = await kairos(['allocate', '--all', '--format', 'csv', '--quiet'])
  expect(saved).toBe(stdout)
})

test.each(['--svg', '--report'])(
  'trace describe saves the file of %s although nobody reads its text',
  async (flag) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'trace.csv'), 'arrival_ms,batch_size\n10,5\n20,6\n')
    const child = spawn(process.execPath, [CLI, 'trace', 'describe', 'trace.csv', flag, 'saved'], {
      cwd: folder,
    })
    child.stdout.destroy()
    const [status] = await once(child, 'close')
    expect(status).toBe(0)
    expect(readdirSync(folder)).toContain('saved')
  },
)

test('--out saves a table without colours, whatever the output has', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'rates.csv'), 'start_s,rate_qps\n0,10\n60,30\n')
  const env = { ...process.env, FORCE_COLOR: '1' }
  const child = spawn(process.execPath, [CLI, 'plan', '--rates', 'rates.csv', '--out', 'out'], {
    cwd: folder,
    env,
  })
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')])
  expect(printed).toContain('\u001b[1m')
  expect(readFileSync(join(folder, 'out', 'plan.txt'), 'utf8')).toBe(stripVTControlCharacters(printed))
})

test.each([
  [
    ['--svg', 'a.svg', '--report', './a.svg'],
    /--report: names .\/a\.svg, as --svg does; name a file of its own/,
  ],
  [['--space', 'a.yaml', '--svg', 'a.yaml'], /--svg: names a\.yaml, as --space does/],
])('%j: no two results share a file, and none replaces what is read', async (flags, message) => {
  const folder = temporaryFolder()
  const { status, stderr } = await kairos(['allocate', ...flags], folder)
  expect(status).toBe(2)
  expect(stderr).toMatch(message)
  expect(existsSync(join(folder, 'a.svg'))).toBe(false)
})

test('--out does not replace the counts that it replays, and a run may be repeated from its folder', async () => {
  const folder = temporaryFolder()
  const counts = join(folder, 'f', 'config.json')
  mkdirSync(join(folder, 'f'))
  writeFileSync(counts, '{"g4dn.xlarge": 1}')
  const short = ['--model', 'rm2', '--rate', '5', '--queries', '100', '--quiet']
  const refused = await kairos(['replay', ...short, '--counts', 'f/config.json', '--out', 'f'], folder)
  expect([refused.status, refused.stderr]).toEqual([
    2,
    'kairos-wasm: --out: would replace f/config.json, which --counts names; name another folder\n',
  ])
  expect(readFileSync(counts, 'utf8')).toBe('{"g4dn.xlarge": 1}')
  const first = await kairos(['replay', ...short, '--counts', 'g4dn.xlarge=1', '--out', 'r'], folder)
  const again = await kairos(['replay', '--config', 'r/config.json', '--out', 'r', '--quiet'], folder)
  expect([first.status, again.status, again.stdout]).toEqual([0, 0, first.stdout])
  // a result is no configuration that is saved again
  writeFileSync(join(folder, 'r', 'replay.json'), '{"model": "rm2"}')
  const other = ['replay', '--config', 'r/replay.json', '--format', 'json', '--out', 'r']
  expect(await kairosHere(other, folder)).toMatchObject({
    status: 2,
    stderr: 'kairos-wasm: --out: would replace r/replay.json, which --config names; name another folder\n',
  })
})

test.each([
  [
    ['report', '--workload', 'in.yaml', '--out', './in.yaml'],
    '--out: names ./in.yaml, as --workload does; name a file of its own',
  ],
  [
    ['trace', 'convert', 'kairos', 'in.yaml', '--out', 'in.yaml'],
    '--out: names in.yaml, as the argument does',
  ],
  [['trace', 'mix', 'in.yaml', '--out', 'in.yaml'], '--out: names in.yaml, as the argument does'],
  [['trace', 'describe', 'in.yaml', '--report', 'in.yaml'], '--report: names in.yaml, as the argument does'],
  [['catalog', 'aws', 'in.yaml', '--out', 'in.yaml'], '--out: names in.yaml, as the argument does'],
  [
    ['plan', '--rates', 'out/plan.csv', '--format', 'csv', '--out', 'out'],
    '--out: would replace out/plan.csv, which --rates names; name another folder',
  ],
  [
    ['replay', '--trace', 'a.csv', '--trace', 'out/replays.csv', '--format', 'csv', '--out', 'out'],
    '--out: would replace out/replays.csv, which --trace names',
  ],
  [
    ['plan', '--rates', 'a.csv', '--allowable', 'a.json', '--allowable', 'b.json', '--svg', 'b.json'],
    '--svg: names b.json, as --allowable does',
  ],
  [
    ['allocate', '--config', 'config.json', '--svg', 'config.json'],
    '--svg: names config.json, as --config does',
  ],
  [
    ['replay', '--policy', 'kairos,fcfs', '--trace', 't.kairos.csv', '--schedule', 't.csv'],
    '--schedule: names t.kairos.csv, as --trace does',
  ],
  [
    ['search', '--space', 'out/skypilot.yaml', '--emit', 'skypilot', '--image', 'a', '--out', 'out'],
    '--out: would replace out/skypilot.yaml, which --space names',
  ],
])('%j: no result replaces what is read', async (args, message) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'in.yaml'), 'a: 1\n')
  writeFileSync(join(folder, 'config.json'), '{}')
  const { status, stderr } = await kairosHere(args, folder)
  expect(stderr).toContain(message)
  expect(status).toBe(2)
})

test.each([
  [['--svg', 'x/latency.csv'], '--svg: names x/latency.csv, as x/workload.yaml does; name a file of its own'],
  [['--report', './x/mix.csv'], '--report: names ./x/mix.csv, as x/workload.yaml does'],
  [['--svg', 'link.svg'], '--svg: names link.svg, as x/workload.yaml does'],
  [['--config', 'c.json'], '--svg: names x/mix.csv, as x/workload.yaml does'],
])('%j: no result replaces a table that the workload names', async (flags, message) => {
  const folder = temporaryFolder()
  await kairosHere(['init', 'x'], folder)
  symlinkSync('x/mix.csv', join(folder, 'link.svg'))
  writeFileSync(join(folder, 'c.json'), JSON.stringify({ svg: 'x/mix.csv' }))
  const tables = () => ['latency.csv', 'mix.csv'].map((name) => readFileSync(join(folder, 'x', name), 'utf8'))
  const before = tables()
  const read = ['allocate', '--workload', 'x/workload.yaml', '--space', 'x/space.yaml']
  const { status, stderr } = await kairosHere([...read, ...flags], folder)
  expect(stderr).toContain(message)
  expect(status).toBe(2)
  expect(tables()).toEqual(before)
})

test.each([
  ['two links to a file that is missing', 'link-1.svg', 'link-2.svg'],
  ['a link to a folder', 'folder-link/a', 'folder/a'],
  ['a link to a folder that is missing', 'dangling/x/a', 'missing/x/a'],
])('two results in one place are told apart behind %s', async (_what, picture, report) => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'folder'))
  for (const name of ['link-1.svg', 'link-2.svg']) symlinkSync('missing.svg', join(folder, name))
  symlinkSync('folder', join(folder, 'folder-link'))
  symlinkSync('missing', join(folder, 'dangling'))
  const args = ['replay', '--rate', '60', '--queries', '300', '--counts', '2,0,9,0']
  const { stderr, status } = await kairosHere([...args, '--svg', picture, '--report', report], folder)
  expect(stderr).toContain(`--report: names ${report}, as --svg does; name a file of its own`)
  expect(status).toBe(2)
})

test('a workload is read once from a pipe although results are saved', async () => {
  const folder = temporaryFolder()
  await kairosHere(['init', 'x'], folder)
  const command = `sed "s#: \\(.*csv\\)#: $PWD/\\1#" workload.yaml | "$0" "$1" allocate -w /dev/stdin -s space.yaml --svg a.svg --format csv -n 1`
  const child = spawn('sh', ['-c', command, process.execPath, CLI], { cwd: join(folder, 'x') })
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')])
  expect(stderr).toContain('saved a.svg')
  expect(status).toBe(0)
})

test('a result of another format may be saved beside what is read', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'out'))
  writeFileSync(join(folder, 'out', 'plan.csv'), 'start_s,rate_qps\n0,10\n60,20\n')
  const { status } = await kairosHere(['plan', '--rates', 'out/plan.csv', '--out', 'out', '--quiet'], folder)
  expect(status).toBe(0)
  expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(['config.json', 'plan.csv', 'plan.txt'])
  writeFileSync(join(folder, 'out', 'replays.json'), '{"g4dn.xlarge": 1}')
  const replay = [
    'replay',
    '--model',
    'rm2',
    '--rate',
    '5',
    '--queries',
    '100',
    '--format',
    'json',
    '--quiet',
  ]
  const one = await kairosHere([...replay, '--counts', 'out/replays.json', '--out', 'out'], folder)
  expect([one.status, one.stderr]).toEqual([0, ''])
})

test.each([
  [['allocate', '--svg', '.'], '.: is a folder; give the path of a file'],
  [['capacity', '--report', '-'], '-: is no file; standard output is /dev/stdout'],
  [['replay', '--out', 'file'], /file.config\.json: a part of the path is a file; check the path/],
  [
    ['measure', 'gpu=127.0.0.1:1', '--table', 'file/a.csv'],
    /file.a\.csv: a part of the path is a file; check the path/,
  ],
])('%j: a file that cannot be written is refused before the work begins', async (flags, message) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  const { status, stderr } = await kairos([...flags, '--workload', 'missing.yaml'], folder)
  expect(status).toBe(2)
  expect(stderr).toMatch(message)
  expect(readdirSync(folder)).toEqual(['file'])
})

test.each([
  [['trace', 'describe', 'missing.csv', '--svg', '.'], '.: is a folder; give the path of a file'],
  [['trace', 'mix', 'missing.csv', '--out', 'file/a.csv'], /file.a\.csv: a part of the path is a file/],
  [['catalog', 'aws', 'missing.json', '--out', '.'], '.: is a folder'],
  [['import', 'log', 'missing.csv', '--type', 'gpu', '--out', '-'], '-: is no file'],
  [
    ['distribute', '--counts', 't3.xlarge=1', '--server-logs', 'file/x', '--trace', 'missing.csv'],
    /file.x.config\.json: a part of the path is a file/,
  ],
])('%j: so is one of a command without a workload of its own', async (args, message) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  const { status, stderr } = await kairos(args, folder)
  expect(status).toBe(2)
  expect(stderr).toMatch(message)
})

test.each([
  [['--models', 'rm2', '--model', 'dien'], '--models and --model name workloads each; leave one out'],
  [['--models', 'rm2', '--workload', 'w.json'], '--models and --workload name workloads each; leave one out'],
  [['--models', 'rm2,dien,rm2'], '"rm2" is named twice.'],
  [['--workload', 'w.json', '--write', './w.json'], '--write: names ./w.json, as --workload does'],
])('profile %j is refused', async (flags, message) => {
  const { status, stderr } = await kairos(['profile', ...flags], temporaryFolder())
  expect(stderr).toContain(message)
  expect(status).toBe(2)
})

test('a default is not checked where a configuration file names another file', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'report.html'))
  writeFileSync(join(folder, 'c.json'), JSON.stringify({ out: 'x.html', model: 'nope' }))
  const { stderr } = await kairos(['report', '-c', 'c.json'], folder)
  expect(stderr).toContain('nope')
  expect(stderr).not.toContain('report.html')
})

test('a file that a configuration file names is checked before the work begins', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'c.json'), JSON.stringify({ svg: '.', workload: 'missing.yaml' }))
  const { status, stderr } = await kairos(['allocate', '-c', 'c.json'], folder)
  expect(stderr).toContain('.: is a folder; give the path of a file')
  expect(status).toBe(2)
})

test('a report of nothing feasible is saved, and says why', async () => {
  const folder = temporaryFolder()
  const { status, stderr } = await kairos(
    ['report', '--model', 'rm2', '--budget', '0.01', '--out', 'r.html'],
    folder,
  )
  expect(status).toBe(3)
  expect(stderr).toMatch(/^kairos-wasm: nothing is feasible: raise the budget/m)
  expect(existsSync(join(folder, 'r.html'))).toBe(true)
})
