// Who may import whom (src/README.md). Run by scripts/import-rules.ts, which also asserts that something was cruised.
const may = {
  fhir: [],
  search: ['fhir'],
  consent: ['fhir', 'search'],
  access: ['fhir', 'search', 'consent'],
  deidentify: ['fhir', 'search'],
  store: ['fhir', 'search', 'consent', 'access', 'deidentify'],
  interactions: ['fhir', 'search', 'consent', 'access', 'deidentify', 'store'],
}
const below = [...Object.keys(may)]
for (const room of ['operations', 'adapters']) may[room] = below
for (const room of ['smart', 'http', 'portal']) may[room] = [...below, 'operations', 'adapters']
const rooms = Object.entries(may).map(([room, allowed]) => ({
  name: `room-${room}`,
  severity: 'error',
  comment: `${room}/ may import only: ${allowed.join(', ') || 'nothing'}`,
  from: { path: `^src/${room}/` },
  to: { path: '^src/', pathNot: [`^src/(${[room, ...allowed].join('|')})/`, ...(room === 'portal' ? [] : [])] },
}))
// Folders of smart/ import each other in one direction; what several of them need stands beside them.
const maySmart = {
  'app-state': [],
  authorize: ['describe', 'pages'],
  brands: [],
  clients: ['issuers'],
  describe: [],
  developers: ['clients', 'describe', 'pages'],
  introspect: ['token-endpoint'],
  issuers: [],
  keys: [],
  manage: ['authorize', 'describe', 'pages', 'people'],
  pages: [],
  people: ['authorize', 'issuers', 'pages'],
  'token-endpoint': ['clients'],
}
const folders = Object.entries(maySmart).map(([folder, allowed]) => ({
  name: `smart-${folder}`,
  severity: 'error',
  comment: `smart/${folder}/ may import only these folders of smart/: ${allowed.join(', ') || 'none'}`,
  from: { path: `^src/smart/${folder}/` },
  to: { path: '^src/smart/[^/]+/', pathNot: [`^src/smart/(${[folder, ...allowed].join('|')})/`] },
}))
module.exports = {
  forbidden: [
    ...rooms,
    ...folders,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'app-below-commands', severity: 'error', from: { path: '^src/(app|config)\\.ts$' }, to: { path: '^src/(commands/|main\\.ts)' } },
    { name: 'fastify-at-the-edge', severity: 'error', from: { path: '^src/', pathNot: '^src/(smart/|http/|app\\.ts|main\\.ts)' }, to: { path: 'node_modules/(fastify|@fastify)(/|$)' } },
    { name: 'node-jose-behind-one-door', severity: 'error', from: { path: '^src/', pathNot: '^src/smart/jose\\.ts$' }, to: { path: 'node_modules/(@types/)?node-jose(/|$)' } },
    { name: 'sqlite-in-its-backend', severity: 'error', from: { path: '^src/', pathNot: '^src/store/sqlite/' }, to: { path: '^(node:)?sqlite$' } },
    { name: 'nothing-unresolved', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
    { name: 'src-without-tests', severity: 'error', from: { path: '^src/', pathNot: '^src/commands/demo' }, to: { path: '^(test|scripts|conformance)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
