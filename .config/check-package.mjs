// Checks the package that would be published: it has exactly the intended files, and its entries and types resolve for
// import and require, the types also by TypeScript's node10. test/package installs it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'kairos-package-'))
const run = (command, args) => execFileSync(command, args, { cwd: root, encoding: 'utf8' })

try {
  const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])
  const [{ filename, files, unpackedSize }] = JSON.parse(packed)
  const paths = files.map((file) => file.path)

  const meant = [
    /^(package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md)$/,
    /^build\/(kernel\.wasm|page\.html)$/,
    /^data\/.+\.(csv|json|proto|yaml)$/,
    /^dist\/.+\.(js|d\.ts)$/,
    /^dist\/(cjs\/package\.json|THIRD-PARTY-LICENSES\.txt)$/,
  ]
  const odd = paths.filter((path) => !meant.some((pattern) => pattern.test(path)))
  if (odd.length > 0)
    throw new Error(`the package has files that .config/check-package.mjs does not list: ${odd.join(', ')}`)
  const entries = ['core', 'index', 'serve'].flatMap((name) =>
    ['dist', 'dist/cjs'].flatMap((place) => [`${place}/${name}.js`, `${place}/${name}.d.ts`]),
  )
  const needed = [...entries, 'LICENSE', 'NOTICE', 'README.md', 'build/kernel.wasm', 'build/page.html']
  needed.push(
    'dist/cli/main.js',
    'dist/workers/worker.js',
    'dist/queue/job-thread.js',
    'dist/serve/driver/pacer-thread.js',
  )
  needed.push('dist/THIRD-PARTY-LICENSES.txt', 'data/workloads/rm2.json', 'data/latency/rm2.csv')
  needed.push('data/protocols/scheduler.proto')
  const absent = needed.filter((path) => !paths.includes(path))
  if (absent.length > 0) throw new Error(`the package lacks ${absent.join(', ')}`)

  const tarball = join(folder, filename)
  run('npx', ['publint', '--strict', '--pack', 'false'])
  run('npx', ['attw', tarball, '--exclude-entrypoints', './kernel.wasm', '--no-color'])
  console.log(`package: ${paths.length} files, ${(unpackedSize / 2 ** 20).toFixed(1)} MB`)
} catch (error) {
  console.error(`check-package: ${error.message}${error.stdout ?? ''}${error.stderr ?? ''}`)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
