// Rooms by level, from the top. An import only points downwards; rooms on one level do not import each other.
const { builtinModules } = require('node:module')

const floors = [
  ['cli', 'web'],
  ['queue'],
  ['allocate', 'plan'],
  ['serve', 'replay'],
  ['dispatch'],
  ['bound', 'workers'],
  ['kernel', 'files', 'report'],
  ['model'],
]

/** Libraries that are bundled: devDependencies that the product uses. */
const bundled = [
  '@noble/hashes',
  'cli-progress',
  'commander',
  'csv-parse',
  '@stdlib/math-base-special-ln',
  'd3-random',
  'fast-csv',
  'fast-string-width',
  'hdr-histogram-js',
  'jsonc-parser',
  'pure-rand',
  'simple-statistics',
  'tar-stream',
  'vega',
  'vega-lite',
  'yaml',
  'zod',
]

/** What the package exports. */
const entries = ['core[.]ts$', 'index[.]ts$', 'serve[.]ts$']

/** The entries that a room may not import: the page is a user of the core. */
const entriesFor = (room) => (room === 'web' ? entries.slice(1) : entries)

/** What besides the command line and the page may import a room of this kind: rooms, and the entry of a thread. */
const MORE = { workers: 'queue/job-thread[.]ts$|', files: 'web/|queue/|' }

/** Rooms that only the entries and the command line may import. */
const onlyForEntries = (room, comment) => ({
  name: `${room}-only-for-entries`,
  comment,
  severity: 'error',
  from: { path: `^src/(?!${room}/|cli/|${MORE[room] ?? 'web/|'}index[.]ts$|serve[.]ts$)` },
  to: { path: `^src/${room}/` },
})

const up = floors.flatMap((rooms, floor) =>
  rooms.map((room) => {
    const forbidden = floors
      .slice(0, floor + 1)
      .flat()
      .filter((other) => other !== room)
    return {
      name: `${room}-points-down`,
      comment: `src/${room} may only import from floors below its own`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: `^src/(${[...forbidden, ...entriesFor(room)].join('|')})` },
    }
  }),
)

module.exports = {
  forbidden: [
    ...up,
    onlyForEntries(
      'files',
      'the command line, the public API and the workers of a queue read and write files; nothing else does',
    ),
    onlyForEntries('report', 'only the command line formats results'),
    onlyForEntries(
      'queue',
      'the engine runs without a server: an entry and the command line provide the queue',
    ),
    onlyForEntries('workers', 'the core runs without threads: an entry provides them'),
    {
      name: 'disk-only-in-files',
      comment: 'files/ reads and writes files; the host reads the kernel',
      severity: 'error',
      from: { path: '^src/(?!files/|workers/node-host[.]ts$|cli/)' },
      to: { path: '^(node:)?fs(/promises)?$' },
    },
    {
      name: 'core-runs-anywhere',
      comment: 'a browser loads src/core.ts: nothing that it reaches may need Node',
      severity: 'error',
      from: { path: '^src/core[.]ts$' },
      to: { path: `^(node:)?(${builtinModules.join('|')})$`, reachable: true },
    },
    {
      name: 'core-is-small',
      comment: 'the core has no files, threads, servers or pictures, and loads no solver of linear programs',
      severity: 'error',
      from: { path: '^src/core[.]ts$' },
      to: {
        path: '^src/(files|report|workers|serve|queue|cli)/|node_modules/(javascript-lp-solver|@grpc|bullmq|ioredis|vega|zod|yaml)/',
        reachable: true,
      },
    },
    {
      name: 'web-through-the-core',
      comment:
        'the page computes through src/core.ts, and shares the readers of files/ and the figures of report/',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { path: '^src/(?!web/|core[.]ts$|files/|report/|model/)' },
    },
    {
      name: 'web-runs-in-a-browser',
      severity: 'error',
      from: { path: '^src/web/' },
      to: { path: `^(node:)?(${builtinModules.join('|')})$` },
    },
    {
      name: 'fallback-only-by-load',
      comment: 'the fallback is a kernel like the other one: product code uses it through the contract',
      severity: 'error',
      from: { path: '^src/(?!kernel/fallback/|kernel/load[.]ts$)' },
      to: { path: '^src/kernel/fallback/' },
    },
    {
      name: 'selection-below-its-users',
      comment: 'within allocate/, the searches import the selection of rows, and not the other way round',
      severity: 'error',
      from: { path: '^src/allocate/(select|linear-program)/' },
      to: { path: '^src/allocate/(cheapest|search)/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '[.]d[.]ts$|^src/web/files/' },
      to: {},
    },
    {
      name: 'no-dev-dependency-in-the-product',
      comment:
        '.config/bundle.mjs puts these libraries into dist/; all others that the product uses are dependencies, and the page is one bundle',
      severity: 'error',
      from: { path: '^src/(?!web/)' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: `node_modules/(@types|${bundled.join('|')})/`,
      },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
}
