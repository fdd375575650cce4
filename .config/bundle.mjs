// Bundles src/ and the libraries that package.json names as devDependencies into dist/: `node .config/bundle.mjs`.
// Nothing is built where the sources, the settings and the locked versions are those of the last build: their digest
// stands beside the declarations.
//
//   dist/NAME.js, dist/cli/main.js, ...   the entries: each only loads its chunk
//   dist/chunks/                          all code, shared by the entries; an import() loads its chunk when it runs
//   dist/cjs/                             the same API for require(), in one file, with its own declarations
//   dist/**/*.d.ts                        the declarations that the exports of these entries need
//   dist/THIRD-PARTY-LICENSES.txt         the licence of every library in the bundles and the page
//
// A process then opens a few files instead of some hundred modules, and an installation has few packages. Libraries
// that start threads of their own or that users configure (protobuf, pino, prom-client, piscina) stay dependencies.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Licences that allow their text to be passed on with the code. */
const ALLOWED = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'BlueOak-1.0.0']

const API = ['core', 'index', 'serve']

/** All commands load the chunk of this module. */
const COMMON = './src/cli/commands/allocate.ts'

/** The command, from node_modules/.bin. */
const COMMAND = '../../dist/cli/main.js'

/** Per chunk of an entry its source, the file that loads it, and the text of that file. */
const ENTRIES = {
  ...Object.fromEntries(
    API.map((name) => [name, { file: `${name}.js`, text: `export * from './chunks/${name}.js'\n` }]),
  ),
  'cli/main': { file: 'cli/main.js', text: commandText() },
  'workers/worker': { file: 'workers/worker.js', text: "export { default } from '../chunks/worker.js'\n" },
  'queue/job-thread': { file: 'queue/job-thread.js', text: "import '../chunks/job-thread.js'\n" },
  'serve/driver/pacer-thread': {
    file: 'serve/driver/pacer-thread.js',
    text: "import '../../chunks/pacer-thread.js'\n",
  },
}

/** Old versions of Node cannot parse the chunks: this file tells which one is needed. */
function commandText() {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8'))
  const [major, minor] = engines.node.match(/\d+/g).map(Number)
  return `#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < ${major} || (major === ${major} && minor < ${minor})) {
  console.error('kairos-wasm: needs Node ${major}.${minor} or newer; this is Node ' + process.versions.node)
  process.exitCode = 2
} else {
  const failed = (error) => {
    if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error
    console.error('kairos-wasm: too many files are open; raise the limit of open files (ulimit -n)')
    process.exitCode = 1
  }
  import('../chunks/main.js').then(({ main }) => main(), failed)
}
`
}

/** Libraries in CommonJS require modules of Node. In a file of an ES module they have to be imported. */
const builtins = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(node:)?(${builtinModules.join('|')})/?$`)
    onResolve({ filter }, ({ path, kind }) => {
      const name = `node:${path.replace(/^node:|[/]$/g, '')}`
      return kind === 'require-call' ? { path: name, namespace: 'builtin' } : { path: name, external: true }
    })
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `import all from ${JSON.stringify(path)}\nmodule.exports = all`,
    }))
  },
}

/** An import() of a library in CommonJS gives its names, as in Node; esbuild only gives a default export. */
const names = {
  name: 'names',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z@]/ }, ({ path, kind, importer, resolveDir }) => {
      if (kind !== 'dynamic-import' || /^node:/.test(path) || /node_modules/.test(importer)) return
      if (shared.external.includes(path)) return { path, external: true }
      return { path, namespace: 'names', pluginData: { resolveDir } }
    })
    onLoad({ filter: /./, namespace: 'names' }, async ({ path, pluginData: { resolveDir } }) => {
      const exported = Object.keys(await import(path)).filter((name) => /^[\w$]+$/.test(name))
      const contents = `import * as all from ${JSON.stringify(path)}
        ${exported.map((name, i) => `const _${i} = all.${name}`).join('\n')}
        export { ${exported.map((name, i) => `_${i} as ${name}`).join(', ')} }`
      return { contents, resolveDir }
    })
  },
}

/**
 * Puts COMMON and all that it imports into one chunk. The modules of a chunk are those that the same entries load, and
 * each import() is an entry: so all of them load COMMON.
 */
const together = {
  name: 'together',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^([.]|src[/])/ }, ({ path, kind, importer, resolveDir }) => {
      if (kind !== 'entry-point' && (kind !== 'dynamic-import' || /node_modules/.test(importer))) return
      return { path: resolve(resolveDir, path), namespace: 'together' }
    })
    onLoad({ filter: /./, namespace: 'together' }, ({ path }) => ({
      contents: `import '${COMMON}'\nexport * from ${JSON.stringify(path)}`,
      resolveDir: root,
    }))
  },
}

/** pako, which hdr-histogram-js compresses with, is partly under the Zlib licence; Node has the same functions. */
const compression = {
  name: 'compression',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^pako$/ }, () => ({ path: 'pako', namespace: 'compression' }))
    onLoad({ filter: /./, namespace: 'compression' }, () => ({
      contents: "export { deflateSync as deflate, inflateSync as inflate } from 'node:zlib'",
    }))
  },
}

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: Object.keys(dependencies).flatMap((name) => [name, `${name}/*`]),
  // its other form, which esbuild chooses for Node, loads its parts by a `require` that no bundle has
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
}

const stampFile = 'build/dist.stamp'
const stamp = digest()
if (existsSync(stampFile) && existsSync('dist/cli/main.js') && readFileSync(stampFile, 'utf8') === stamp) {
  linkCommand()
  process.exit()
}
try {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.config/tsconfig.build.json'], {
    stdio: 'inherit',
  })
} catch {
  // the compiler has told why
  process.exit(1)
}
// loaded here: most builds have nothing to do
const { build } = await import('esbuild')
const { neededDeclarations } = await import('./declarations.mjs')
// built beside, so that a failed build leaves the last one
const out = 'build/dist'
rmSync(out, { recursive: true, force: true })
const bundles = await Promise.all([
  // apart, because what is shared by fewer entries is in fewer chunks, and a process opens fewer files
  ...[API, ['workers/worker'], ['queue/job-thread'], ['serve/driver/pacer-thread']].map((entries) =>
    chunksOf(entries),
  ),
  chunksOf(['cli/main'], [together]),
  build({
    ...shared,
    stdin: {
      contents: API.map((name) => `exports.${name} = () => require('./src/${name}.ts')`).join('\n'),
      resolveDir: root,
    },
    outfile: `${out}/cjs/all.js`,
    format: 'cjs',
    define: { 'import.meta.url': '__here' },
    banner: { js: "const __here = require('node:url').pathToFileURL(__filename).href" },
    plugins: [compression],
  }),
])

for (const { file, text } of Object.values(ENTRIES)) write(file, text)
for (const name of API) write(`cjs/${name}.js`, `module.exports = require('./all.js').${name}()\n`)
write('cjs/package.json', '{ "type": "commonjs" }\n')
const declarations = neededDeclarations(
  'build/types',
  API.map((name) => `${name}.d.ts`),
)
for (const [path, text] of declarations) {
  refuseUnknownLibraries(path, text)
  write(path, text)
  write(join('cjs', path), text)
}
write('THIRD-PARTY-LICENSES.txt', licences())
rmSync('dist', { recursive: true, force: true })
renameSync(out, 'dist')
writeFileSync(stampFile, stamp)
linkCommand()

function digest() {
  const hash = createHash('sha256')
  const sources = readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.ts'))
  // build-page.mjs decides which libraries the page has, whose licences are added
  const settings = ['bundle.mjs', 'declarations.mjs', 'tsconfig.build.json', 'build-page.mjs']
  const files = [
    ...sources.map((name) => join('src', name)),
    ...settings.map((name) => join('.config', name)),
  ]
  for (const file of [...files, 'package.json', 'package-lock.json', 'tsconfig.json'].sort()) {
    hash.update(`${file}\n`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

function chunksOf(entries, more = []) {
  return build({
    ...shared,
    entryPoints: entries.map((name) => ({ in: `src/${name}.ts`, out: name.replace(/.*[/]/, '') })),
    outdir: `${out}/chunks`,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    splitting: true,
    plugins: [...more, names, builtins, compression],
  })
}

/**
 * Lets npx find the command of this clone, also by its alias `kairos`, which the published package does not have. A
 * link that is right stays, because another process may be using it.
 */
function linkCommand() {
  chmodSync('dist/cli/main.js', 0o755)
  mkdirSync('node_modules/.bin', { recursive: true })
  const present = new Set(readdirSync('node_modules/.bin'))
  for (const name of ['kairos-wasm', 'kairos']) {
    const link = join('node_modules/.bin', name)
    if (present.has(name) && lstatSync(link).isSymbolicLink() && readlinkSync(link) === COMMAND) continue
    rmSync(link, { force: true })
    symlinkSync(COMMAND, link)
  }
}

/** Writes a file of dist/. */
function write(path, text) {
  const file = join(out, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Declarations that need types of a bundled library would not compile where the package is installed. */
function refuseUnknownLibraries(path, text) {
  for (const [, name] of text.matchAll(/\b(?:from|import\()\s*['"]([^'"]+)['"]/g)) {
    const library = /^(@[^/]+[/])?[^/]+/.exec(name)[0]
    if (/^([.]|node:)/.test(name) || library in dependencies) continue
    throw new Error(`${path} needs types of ${library}, which is no dependency of the package`)
  }
}

function licences() {
  const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  inputs.push(...JSON.parse(readFileSync('build/page.libraries.json', 'utf8')))
  const folders = new Set(
    inputs.flatMap((input) => /^.*node_modules[/](?:@[^/]+[/])?[^/]+/.exec(input)?.[0] ?? []),
  )
  // libraries of one text stand above it together
  const namesOf = new Map()
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (!ALLOWED.includes(license)) {
      throw new Error(`${name} has the licence ${license}; .config/bundle.mjs allows ${ALLOWED.join(', ')}`)
    }
    const files = readdirSync(folder).filter((each) => /^(licen[cs]e|notice)/i.test(each))
    const text = files.map((each) => readFileSync(join(folder, each), 'utf8').trim()).join('\n\n')
    namesOf.set(text, [...(namesOf.get(text) ?? []), `${name} ${version}, ${license}`])
  }
  const parts = Array.from(namesOf, ([text, names]) => `${names.join('\n')}\n\n${text}`.trim())
  const rule = `\n\n${'-'.repeat(80)}\n\n`
  return `The files of this folder contain code of the libraries below.${rule}${parts.join(rule)}\n`
}
