/**
 * Which way imports may go (ARCHITECTURE, "The house"). Arrows point down only: a package may use those listed for
 * it, by name or by path, in types too. Run by `check-dependencies`, which first makes sure that the cruiser sees.
 */
const ARROWS = {
  'packages/protocol': [],
  'packages/storage': ['packages/protocol'],
  'packages/server': ['packages/protocol', 'packages/storage'],
  'packages/client': ['packages/protocol', 'packages/storage'],
  'packages/editor': [],
  'packages/react': ['packages/protocol', 'packages/client', 'packages/editor'],
  'packages/element': ['packages/protocol', 'packages/client', 'packages/editor'],
  'packages/testkit': ['packages/protocol', 'packages/storage'],
  // Of the testkit the checkers alone, for `weft check-history`.
  'apps/server': ['packages/protocol', 'packages/storage', 'packages/server', 'packages/testkit'],
  'apps/web': [
    'packages/protocol',
    'packages/storage',
    'packages/client',
    'packages/editor',
    'packages/react',
    'packages/element',
  ],
  'apps/bench': [
    'packages/protocol',
    'packages/storage',
    'packages/client',
    'packages/server',
    'packages/testkit',
  ],
  'e2e/browser': ['packages/storage', 'packages/testkit'],
  // Apps that are not ours, tested as their own teams would.
  'e2e/stock': ['packages/testkit'],
  // Real clients against real server processes that are killed, starved and restored.
  'e2e/processes': [
    'packages/protocol',
    'packages/storage',
    'packages/server',
    'packages/client',
    'packages/testkit',
  ],
  // Composes the whole system in one process.
  'e2e/simulation': [
    'packages/protocol',
    'packages/storage',
    'packages/server',
    'packages/client',
    'packages/testkit',
  ],
};

const HOUSE = '^(packages|apps|e2e)/';

/** What is asked of the build and not of a file: the address of a worker's script. The build fails where there is none. */
const ASKED_OF_THE_BUILD = '\\?worker&url$';

const arrows = Object.entries(ARROWS).flatMap(([from, allowed]) => {
  const inside = [from, ...allowed];
  return [
    {
      name: `${from} goes down only`,
      severity: 'error',
      from: { path: `^${from}/`, pathNot: `^${from}/test/` },
      to: { path: HOUSE, pathNot: inside.map((path) => `^${path}/`) },
    },
    {
      name: `${from} in its tests: itself, what it may use, and the testkit`,
      severity: 'error',
      from: { path: `^${from}/test/` },
      to: { path: HOUSE, pathNot: [...inside, 'packages/testkit'].map((path) => `^${path}/`) },
    },
  ];
});

export default {
  forbidden: [
    ...arrows,
    {
      name: 'no cycles',
      comment: 'Types may point at each other inside a package; code that runs may not.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'packages meet at their exports',
      comment: 'A relative path into another package goes round what that package promises.',
      severity: 'error',
      from: { path: '^(packages|apps|e2e)/([^/]+)/' },
      to: { path: HOUSE, pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'protocol is pure',
      comment: 'No I/O, clock or timer: words and laws only.',
      severity: 'error',
      from: { path: '^packages/protocol/src/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'browser code uses nothing of Node',
      severity: 'error',
      from: {
        path: '^(packages/(client|editor|react|element|storage/src/indexeddb)|apps/web)/src/',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'SQLite stays on servers',
      severity: 'error',
      from: { path: '^(packages/(client|editor|react|element)|apps/web)/' },
      to: { path: '^packages/storage/src/(sqlite|postgres)/' },
    },
    {
      name: 'only declared packages',
      comment: 'What is not in package.json works by luck of hoisting, and only here.',
      severity: 'error',
      from: { path: HOUSE },
      // A path that leads nowhere is the next rule's business.
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'],
        pathNot: ['^\\.', ASKED_OF_THE_BUILD],
      },
    },
    {
      name: 'everything resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ASKED_OF_THE_BUILD },
    },
    {
      name: 'sources ship without devDependencies',
      severity: 'error',
      from: { path: '^(packages/[^/]+|apps/server)/src/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional', 'type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|apps|e2e)/[^/]+/dist/' },
    // The tools of the root (vitest, fast-check) are declared once, there.
    combinedDependencies: true,
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.css', '.d.ts'],
    },
  },
};
