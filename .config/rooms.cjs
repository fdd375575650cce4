// The floors of the house, from the top; an import only ever points down.
// Rooms that stand on one floor do not know each other.
const floors = [
  ['cli'],
  ['allocate'],
  ['serve', 'replay'],
  ['dispatch'],
  ['bound', 'workers'],
  ['kernel', 'files', 'report'],
  ['model'],
]

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
      to: { path: `^src/(${[...forbidden, 'index[.]ts$'].join('|')})` },
    }
  }),
)

module.exports = {
  forbidden: [
    ...up,
    {
      name: 'files-only-for-the-doors',
      comment:
        'reading and writing files happens in src/files, asked for by the command line and the public API',
      severity: 'error',
      from: { path: '^src/(?!files/|cli/|index[.]ts$)' },
      to: { path: '^src/files/' },
    },
    {
      name: 'report-only-for-the-doors',
      severity: 'error',
      from: { path: '^src/(?!report/|cli/|index[.]ts$)' },
      to: { path: '^src/report/' },
    },
    {
      name: 'disk-only-in-files',
      comment:
        'nothing reads a file outside files/; the kernel loads its own module, the servers their certificates through files/',
      severity: 'error',
      from: { path: '^src/(?!files/|kernel/load[.]ts$|cli/)' },
      to: { path: '^(node:)?fs(/promises)?$' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '[.]d[.]ts$' }, to: {} },
    {
      name: 'no-dev-dependency-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
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
