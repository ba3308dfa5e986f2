import { createHash } from 'node:crypto';
import { cp, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILT = fileURLToPath(new URL('../../../apps/web/dist/', import.meta.url));

/**
 * A release of the app that differs from others as two builds do: its code has another name, and so its page and its
 * service worker another content. It carries `<meta name="release">` and one file that pages load late,
 * `/assets/late-<name>.js`.
 */
export async function makeRelease(directory: string, name: string): Promise<void> {
  await cp(BUILT, directory, { recursive: true });
  const built = await readFile(join(directory, 'index.html'), 'utf8');
  const code = /\/assets\/([\w.-]+\.js)"/.exec(built)?.[1];
  if (code === undefined) throw new Error('The page of the build has no code.');
  const renamed = code.replace(/\.js$/, `.${name}.js`);
  await rename(join(directory, 'assets', code), join(directory, 'assets', renamed));

  const page = built
    .replaceAll(code, renamed)
    .replace('<head>', `<head><meta name="release" content="${name}">`);
  await writeFile(join(directory, 'index.html'), page);
  const late = `export const release = '${name}';\n`;
  await writeFile(join(directory, 'assets', `late-${name}.js`), late);

  const worker = await readFile(join(directory, 'sw.js'), 'utf8');
  const entry = /\{[^{}]*"url":"index\.html"\}/;
  if (!entry.test(worker)) throw new Error('The service worker lists no page.');
  const listed = [
    { url: 'index.html', revision: name, integrity: integrityOf(page) },
    { url: `assets/late-${name}.js`, revision: null, integrity: integrityOf(late) },
  ];
  await writeFile(
    join(directory, 'sw.js'),
    worker
      .replaceAll(code, renamed)
      .replace(entry, listed.map((file) => JSON.stringify(file)).join(',')),
  );
}

function integrityOf(content: string): string {
  return `sha384-${createHash('sha384').update(content).digest('base64')}`;
}
