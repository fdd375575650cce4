// Compiles assembly/ into build/: `node .config/build-kernels.mjs [target ...]`. The compiler ignores unknown target
// names silently, so names are checked here, and the imports and exports of every module are checked. A target whose
// sources, settings and compiler are those of its last build is not built again: their digest stands beside the module.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import binaryen from 'assemblyscript/binaryen'

/**
 * Functions up to this size are inlined wherever they are called, and those that are called once up to the second size.
 * The compiler's own limits leave the start and the completion of a query as calls: replays then take 4 to 8% longer.
 * From 100 on the module grows fivefold.
 */
const INLINED = 80
const INLINED_ONCE = 2000

/** What a module may use: what the compiler enables, and every version of Node and browser has. */
const { BulkMemory, BulkMemoryOpt, MutableGlobals, NontrappingFPToInt, SignExt, SIMD128 } = binaryen.Features
const FEATURES = BulkMemory | BulkMemoryOpt | MutableGlobals | NontrappingFPToInt | SignExt | SIMD128

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)
const config = JSON.parse(readFileSync('asconfig.json', 'utf8'))
const known = Object.keys(config.targets)
const wanted = process.argv.length > 2 ? process.argv.slice(2) : known

const digest = createHash('sha256')
const sources = readdirSync('assembly', { recursive: true }).filter((name) => name.endsWith('.ts'))
for (const source of sources.sort()) digest.update(`${source}\n`).update(readFileSync(`assembly/${source}`))
digest
  .update(readFileSync('asconfig.json'))
  .update(readFileSync('.config/build-kernels.mjs'))
  .update(asc.version)
const stamp = digest.digest('hex')

for (const target of wanted) {
  if (!known.includes(target)) {
    fail(`asconfig.json has no target "${target}"; it has ${known.join(', ')}.`)
  }
  const { outFile } = config.targets[target]
  const stampFile = `${outFile}.stamp`
  if (existsSync(outFile) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) continue
  mkdirSync(new URL(`../${outFile.replace(/\/[^/]*$/, '')}`, import.meta.url), { recursive: true })
  const started = Date.now()
  const { error, stderr } = await asc.main(['--config', 'asconfig.json', '--target', target])
  if (error) fail(`target ${target} did not compile:\n${stderr.toString()}`)
  if (statSync(outFile).mtimeMs < started - 1000) fail(`target ${target} wrote no ${outFile}.`)
  if (config.targets[target].optimizeLevel === 3) inlineSmallFunctions(outFile)
  const module = new WebAssembly.Module(readFileSync(outFile))
  const imports = WebAssembly.Module.imports(module)
  if (imports.length > 0) fail(`${outFile} imports ${imports.map((i) => i.name)}; kernels import nothing.`)
  const odd = WebAssembly.Module.exports(module).filter((e) => e.kind !== 'function' && e.name !== 'memory')
  if (odd.length > 0) fail(`${outFile} exports ${odd.map((e) => e.name)}; kernels hold no state.`)
  writeFileSync(stampFile, stamp)
}

function inlineSmallFunctions(file) {
  const module = binaryen.readBinary(readFileSync(file))
  module.setFeatures(FEATURES)
  binaryen.setOptimizeLevel(3)
  binaryen.setShrinkLevel(0)
  binaryen.setAlwaysInlineMaxSize(INLINED)
  binaryen.setFlexibleInlineMaxSize(INLINED)
  binaryen.setOneCallerInlineMaxSize(INLINED_ONCE)
  module.optimize()
  module.optimize()
  writeFileSync(file, module.emitBinary())
  module.dispose()
}

function fail(message) {
  console.error(`build-kernels: ${message}`)
  process.exit(1)
}
