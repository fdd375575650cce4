// Makes build/page.html, the empty page, of src/web, the kernel and the shipped data: `node .config/build-page.mjs`.
// The page is one file that needs no network. Its policy allows its own script by its digest, and workers from memory.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { darkColors } from './page-colors.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

/** The most that the page may have, gzipped and without the shipped data, bytes. */
const MOST_BYTES = 500_000

/** Modules of src/ and of Node that have another version in the page. */
const IN_PAGE = [
  [/\/open-file\.ts$/, 'src/web/files/open-file.ts'],
  [/\/shipped\.ts$/, 'src/web/files/shipped.ts'],
  [/\/find-document\.ts$/, 'src/web/files/find-document.ts'],
  [/\/(write|trace-cache)\.ts$|^fast-csv$/, 'src/web/files/no-disk.ts'],
  [/^node:(util|path|timers\/promises)$/, 'src/web/files/node-modules.ts'],
  [/\/fallback\/kernel\.ts$/, 'src/web/files/no-fallback.ts'],
  [/^zod$/, 'src/web/files/zod.ts'],
  // transforms of Vega that no figure uses
  [/^vega-(crossfilter|force|geo|hierarchy|label|regression|voronoi|wordcloud)$/, 'src/web/files/nothing.ts'],
  [/^vega-projection$/, 'src/web/files/no-projections.ts'],
]

const inPage = {
  name: 'in-page',
  setup(bundle) {
    bundle.onResolve({ filter: /.*/ }, ({ path, importer }) => {
      if (importer.includes('/src/web/files/')) return undefined
      const replacement = IN_PAGE.find(([pattern]) => pattern.test(path))
      if (replacement) return { path: `${root}${replacement[1]}` }
      if (path === 'csv-parse/sync')
        return bundle.resolve('csv-parse/browser/esm/sync', { kind: 'import-statement', resolveDir: root })
      return undefined
    })
  },
}

/** The modules of libraries in the page: .config/bundle.mjs adds their licences to the package. */
const libraries = new Set()

async function bundled(entry) {
  const { outputFiles, warnings, metafile } = await build({
    entryPoints: [`src/web/${entry}.ts`],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    plugins: [inPage],
    logLevel: 'error',
  })
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join('\n'))
  for (const input of Object.keys(metafile.inputs)) if (input.includes('node_modules/')) libraries.add(input)
  return outputFiles[0].text
}

const packed = (content) => gzipSync(content, { level: 9 }).toString('base64')

function shippedFiles() {
  const names = readdirSync('data', { recursive: true }).filter((name) => {
    return name === 'catalog.csv' || /^(latency|mixes|spaces|workloads)[/\\].+\.(csv|json)$/.test(name)
  })
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(`data/${name}`, 'utf8')]))
}

const [page, engine, figures] = await Promise.all(['page', 'engine', 'figures'].map(bundled))
if (page.includes('</script')) throw new Error('the script of the page contains </script, which would end it')
const policy = [
  "default-src 'none'",
  `script-src 'sha256-${createHash('sha256').update(page).digest('base64')}' blob: 'wasm-unsafe-eval'`,
  'worker-src blob:',
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  "connect-src 'none'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ')
const parts = {
  csp: policy,
  css: ['page', 'results']
    .map((name) => readFileSync(`src/web/${name}.css`, 'utf8'))
    .join('')
    .replace('/*dark*/', darkColors()),
  data: packed(JSON.stringify(shippedFiles())),
  engine: packed(engine),
  figures: packed(figures),
  kernel: packed(readFileSync('build/kernel.wasm')),
  page,
}
/** Parts that fill an empty element. */
const PLACES = {
  css: (style) => ['<style></style>', `<style>${style}</style>`],
  page: (script) => ['<script></script>', `<script>${script}</script>`],
}

let html = readFileSync('src/web/page.html', 'utf8')
for (const [name, content] of Object.entries(parts)) {
  const [place, filled] = PLACES[name]?.(content) ?? [`{{${name}}}`, content]
  if (!html.includes(place)) throw new Error(`src/web/page.html has no place for ${name}`)
  html = html.replace(place, () => filled)
}
const size = gzipSync(html.replace(parts.data, ''), { level: 9 }).length
if (size > MOST_BYTES) throw new Error(`the page has ${size} bytes gzipped, more than ${MOST_BYTES}`)
mkdirSync('build', { recursive: true })
writeFileSync('build/page.html', html)
writeFileSync('build/page.libraries.json', JSON.stringify([...libraries].sort()))
const shown = Object.entries(parts).map(([name, { length }]) => `${name} ${Math.round(length / 1000)} kB`)
console.log(
  `page: ${Math.round(size / 1000)} kB gzipped without its data, ${Math.round(html.length / 1000)} kB (${shown.join(', ')})`,
)
