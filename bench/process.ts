/** Whole processes, from the start of Node to the last byte: what somebody at a terminal waits for. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Figure, type SuiteResult, sideBySide, type Timing, timingOf } from './measure.ts'
import { boxOf } from './spaces.ts'

const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'kairos-bench-'))
  const million = join(folder, 'million.json')
  const { types } = boxOf([10, 10, 100, 100])
  const named = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']
  const box = types.map((type, t) => ({
    name: named[t],
    min: t === 0 ? 1 : 0,
    max: t === 0 ? type.max + 1 : type.max,
  }))
  await writeFile(million, JSON.stringify({ types: box, budgetPerHour: 1e6 }))
  try {
    const timings = [
      { ...(await time('node, nothing else', ['-e', '0'])), reference: true as const },
      await time('kairos allocate, the published space', [CLI, 'allocate', '--bound', 'closed-form']),
      await time('the same by the fluid bound', [CLI, 'allocate', '--bound', 'fluid']),
      await time('kairos allocate --all --format ndjson, 10^6 configurations', [
        ...[
          CLI,
          'allocate',
          '--bound',
          'closed-form',
          '--space',
          million,
          '--all',
          '--format',
          'ndjson',
          '--quiet',
        ],
      ]),
    ]
    print(sideBySide('whole processes', timings))
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
    return {
      suite: 'process',
      timings: timings.map((timing) => ({ group: 'whole processes', ...timing })),
      figures,
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function time(name: string, args: string[]): Promise<Timing> {
  const runs: number[] = []
  for (let i = 0; i < 6; i++) {
    const started = performance.now()
    await new Promise<void>((resolve, reject) => {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
      let errors = ''
      child.stdout.resume()
      child.stderr.on('data', (data) => {
        errors += data
      })
      child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${name}: ${errors}`))))
    })
    // the first fills the caches of the disk
    if (i > 0) runs.push(performance.now() - started)
  }
  return timingOf(name, runs)
}
