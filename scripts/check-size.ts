import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type InlineConfig, build } from 'vite';
import { type Result, fromProblems } from './result.ts';
import { root } from './root.ts';

/** A package that pages load, and how much of it at first: bytes after gzip, without its peers. */
interface Budget {
  readonly name: string;
  readonly entry: string;
  /** What the page brings along itself, and is not counted. */
  readonly peers: readonly string[];
  readonly first: number;
}

const BUDGETS: readonly Budget[] = [
  { name: 'client', entry: 'packages/client/src/index.ts', peers: ['yjs'], first: 32_300 },
];

/** What a page loads of an entry, in bytes after gzip. */
export interface Size {
  /** Before the entry can run: itself, and all that it imports. */
  readonly first: number;
  /** What it imports when it needs it, each by its name. */
  readonly later: readonly { readonly name: string; readonly bytes: number }[];
}

/**
 * Bundles an entry as a page's own build does (vite's defaults, with all that is exported), and measures each file.
 * @param peers packages that stay out of it
 */
export async function sizeOf(entry: string, peers: readonly string[]): Promise<Size> {
  const built = await buildWithoutTrace({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      modulePreload: false,
      rollupOptions: {
        input: entry,
        external: [...peers],
        preserveEntrySignatures: 'allow-extension',
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name].js' },
      },
    },
  });
  if (!Array.isArray(built) && !('output' in built)) throw new Error('vite watches.');
  const chunks = new Map(
    [built]
      .flat()
      .flatMap(({ output }) => output)
      .flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])),
  );
  const first = new Set<string>();
  const take = (name: string): void => {
    const chunk = chunks.get(name);
    if (chunk === undefined || first.has(name)) return;
    first.add(name);
    chunk.imports.forEach(take);
  };
  for (const [name, chunk] of chunks) if (chunk.isEntry) take(name);
  const bytes = (name: string): number => gzipSync(chunks.get(name)?.code ?? '').length;
  return {
    first: [...first].reduce((sum, name) => sum + bytes(name), 0),
    later: [...chunks.keys()]
      .filter((name) => !first.has(name))
      .map((name) => ({ name, bytes: bytes(name) })),
  };
}

/** Vite writes `NODE_ENV` for the whole process: what is started after it would run with the React meant for production. */
async function buildWithoutTrace(config: InlineConfig): ReturnType<typeof build> {
  const before = process.env['NODE_ENV'];
  try {
    return await build(config);
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

/** Whether all that pages load is within its budget. */
export async function checkSize(): Promise<Result> {
  const problems: string[] = [];
  const notes: string[] = [];
  for (const { name, entry, peers, first } of BUDGETS) {
    const size = await sizeOf(join(root, entry), peers);
    const later = size.later.map((part) => `${part.name} ${kilobytes(part.bytes)}`).join(', ');
    notes.push(`${name} ${kilobytes(size.first)} of ${kilobytes(first)} kB at first; ${later}`);
    if (size.first > first) {
      problems.push(
        `${name}: ${size.first} bytes after gzip at first, and the budget is ${first}; later ${later}`,
      );
    }
  }
  return fromProblems(problems, notes.join('; '));
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
