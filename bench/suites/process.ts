/** Whole processes, from the start of Node to the last byte, and imports of the entries. */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CLI } from '../live/processes.ts'
import { type Figure, type SuiteResult, sideBySide, type Timing, timingOf } from '../measure.ts'
import { boxOf, PUBLISHED_TYPES } from '../spaces.ts'
import { withFolder } from '../temporary-folder.ts'

/** The first run fills the caches of the disk, and does not count. */
const RUNS = 6

/** Characters of output that are kept; the rest is read and dropped. */
const MOST_KEPT = 1000

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const timings = await withFolder(timeProcesses)
  print(sideBySide('whole processes', timings))
  const imports = [await timeImport('core'), await timeImport('index'), await timeImport('serve')]
  print(sideBySide('imports', imports))
  const [, published, fluid, all] = timings
  const figures: Figure[] = [
    {
      what: 'allocate, published space, cold process',
      value: published.medianMs / 1000,
      unit: 's',
      goal: { atMost: 0.3 },
    },
    {
      what: 'allocate --bound fluid, published space, cold process',
      value: fluid.medianMs / 1000,
      unit: 's',
      goal: { atMost: 0.4 },
    },
    {
      what: 'allocate --all of 10^6 as ndjson',
      value: all.medianMs / 1000,
      unit: 's',
      goal: { atMost: 1.5 },
    },
  ]
  for (const [i, name] of ['kairos-wasm/core', 'kairos-wasm', 'kairos-wasm/serve'].entries()) {
    figures.push({
      what: `import of ${name}`,
      value: imports[i].medianMs,
      unit: 'ms',
      goal: { atMost: 60 },
    })
  }
  return {
    suite: 'process',
    timings: [
      ...timings.map((timing) => ({ group: 'whole processes', ...timing })),
      ...imports.map((timing) => ({ group: 'imports', ...timing })),
    ],
    figures,
  }
}

async function timeProcesses(folder: string): Promise<Timing[]> {
  const million = join(folder, 'million.json')
  const { types } = boxOf([10, 10, 100, 100])
  const box = types.map((type, t) => ({
    name: PUBLISHED_TYPES[t],
    min: t === 0 ? 1 : 0,
    max: t === 0 ? type.max + 1 : type.max,
  }))
  await writeFile(million, JSON.stringify({ types: box, budgetPerHour: 1e6 }))
  const allocate = (bound: string, ...more: string[]) => [CLI, 'allocate', '--bound', bound, ...more]
  return [
    { ...(await time('node, nothing else', ['-e', '0'])), reference: true as const },
    await time('kairos-wasm allocate, the published space', allocate('closed-form')),
    await time('the same by the fluid bound', allocate('fluid')),
    await time(
      'kairos-wasm allocate --all --format ndjson, 10^6 configurations',
      allocate('closed-form', '--space', million, '--all', '--format', 'ndjson', '--quiet'),
    ),
  ]
}

/** Imports an entry in a new process, which reports how long the import takes. */
async function timeImport(entry: string): Promise<Timing> {
  const url = new URL(`../../dist/${entry}.js`, import.meta.url).href
  const program = `
    const started = performance.now()
    await import(${JSON.stringify(url)})
    console.log(performance.now() - started)`
  const runs: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const printed = await runNode(['--input-type=module', '-e', program])
    if (i > 0) runs.push(Number(printed))
  }
  return timingOf(`import ${entry}`, runs)
}

async function time(name: string, args: string[]): Promise<Timing> {
  const runs: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const started = performance.now()
    await runNode(args)
    if (i > 0) runs.push(performance.now() - started)
  }
  return timingOf(name, runs)
}

/** Runs Node to its end, and returns what it printed. */
function runNode(args: string[]): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    let errors = ''
    child.stdout.on('data', (data) => {
      if (printed.length < MOST_KEPT) printed += data
    })
    child.stderr.on('data', (data) => {
      errors += data
    })
    child.on('close', (code) =>
      code === 0 ? resolve(printed) : reject(new Error(`node ${args}: ${errors}`)),
    )
  })
}
