// Checks the package that would be published: it has exactly the intended files, and an empty project can import and run it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'kairos-package-'))
const run = (command, args, cwd = root) => execFileSync(command, args, { cwd, encoding: 'utf8' })

try {
  const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])
  const [{ filename, files }] = JSON.parse(packed)
  const paths = files.map((file) => file.path)

  const meant = [
    /^(package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md)$/,
    /^build\/kernel\.wasm$/,
    /^data\/.+\.(csv|json|proto)$/,
    /^dist\/.+\.(js|d\.ts)$/,
  ]
  const odd = paths.filter((path) => !meant.some((pattern) => pattern.test(path)))
  if (odd.length > 0) throw new Error(`the package has files that nobody meant: ${odd.join(', ')}`)
  const needed = ['LICENSE', 'NOTICE', 'README.md', 'build/kernel.wasm', 'dist/index.js', 'dist/index.d.ts']
  needed.push('dist/core.js', 'dist/core.d.ts', 'dist/serve.js', 'dist/serve.d.ts')
  needed.push('dist/cli/main.js', 'dist/workers/worker.js', 'data/workloads/rm2.json', 'data/latency/rm2.csv')
  needed.push('data/protocols/scheduler.proto')
  const absent = needed.filter((path) => !paths.includes(path))
  if (absent.length > 0) throw new Error(`the package lacks ${absent.join(', ')}`)

  const tarball = join(folder, filename)
  run('npx', ['publint', '--strict', '--pack', 'false'])
  run('npx', [
    'attw',
    tarball,
    '--profile',
    'esm-only',
    '--exclude-entrypoints',
    './kernel.wasm',
    '--no-color',
  ])

  writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }')
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', tarball], folder)
  const program = `
    import { rankConfigurations, readSpace, readWorkload } from 'kairos-wasm'
    const ranking = await rankConfigurations({
      workload: await readWorkload('rm2'),
      space: await readSpace('hpdc23'),
      topN: 1,
    })
    const core = await import('kairos-wasm/core')
    const serve = await import('kairos-wasm/serve')
    console.log(ranking.considered, ranking.rows.length, typeof core.useKernel, typeof serve.createRouter)`
  const printed = run('node', ['--input-type=module', '-e', program], folder).trim()
  if (printed !== '12096 1 function function') throw new Error(`the packed API printed "${printed}"`)
  const listed = run('npx', ['kairos-wasm', 'allocate', '--top-n', '1', '--format', 'csv', '--quiet'], folder)
  if (listed.trim().split('\n').length !== 2) throw new Error(`the packed command printed "${listed}"`)
  console.log(`package: ${paths.length} files, imported and run from an empty project`)
} catch (error) {
  console.error(`check-package: ${error.message}${error.stdout ?? ''}${error.stderr ?? ''}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
