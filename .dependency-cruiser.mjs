/** The house's walls: which room may know which. */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'web-never-imports-the-server',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(server/src|crawlers)/' },
    },
    { name: 'crawlers-know-no-server', severity: 'error', from: { path: '^crawlers/' }, to: { path: '^server/src/' } },
    {
      name: 'contracts-know-nobody',
      severity: 'error',
      from: { path: '^server/contracts/' },
      to: { path: '^(server/src|crawlers|web)/' },
    },
    {
      name: 'enrich-knows-no-database',
      severity: 'error',
      from: { path: '^server/src/enrich/' },
      to: { path: '^server/src/(platform/database|posts|collect|search)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { conditionNames: ['source', 'import', 'types', 'default'], exportsFields: ['exports'] },
    exclude: { path: '\\.test\\.ts$' },
  },
};
