import { createHash } from 'node:crypto';
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILT = fileURLToPath(new URL('../../../apps/web/dist/', import.meta.url));

/**
 * A release of the app that differs from others as two builds do: all its scripts have other names, by which its page, its
 * service worker and its scripts know each other. It carries `<meta name="release">` and one file that pages load late,
 * `/assets/late-<name>.js`.
 */
export async function makeRelease(directory: string, name: string): Promise<void> {
  await cp(BUILT, directory, { recursive: true });
  const assets = join(directory, 'assets');
  const scripts = (await readdir(assets)).filter((file) => file.endsWith('.js'));
  const renamed = (text: string) =>
    scripts.reduce((now, file) => now.replaceAll(file, nameIn(name, file)), text);

  const hashes: (readonly [before: string, now: string])[] = [];
  for (const file of scripts) {
    const built = await readFile(join(assets, file), 'utf8');
    const script = renamed(built);
    hashes.push([integrityOf(built), integrityOf(script)]);
    await rm(join(assets, file));
    await writeFile(join(assets, nameIn(name, file)), script);
  }
  const built = await readFile(join(directory, 'index.html'), 'utf8');
  const page = renamed(built).replace('<head>', `<head><meta name="release" content="${name}">`);
  await writeFile(join(directory, 'index.html'), page);
  const late = `export const release = '${name}';\n`;
  await writeFile(join(assets, `late-${name}.js`), late);

  const worker = await readFile(join(directory, 'sw.js'), 'utf8');
  const entry = /\{[^{}]*"url":"index\.html"\}/;
  if (!entry.test(worker)) throw new Error('The service worker lists no page.');
  const listed = [
    { url: 'index.html', revision: name, integrity: integrityOf(page) },
    { url: `assets/late-${name}.js`, revision: null, integrity: integrityOf(late) },
  ];
  const hashed = hashes.reduce((now, [before, after]) => now.replaceAll(before, after), worker);
  await writeFile(
    join(directory, 'sw.js'),
    renamed(hashed).replace(entry, listed.map((file) => JSON.stringify(file)).join(',')),
  );
}

function nameIn(release: string, file: string): string {
  return file.replace(/\.js$/, `.${release}.js`);
}

function integrityOf(content: string): string {
  return `sha384-${createHash('sha384').update(content).digest('base64')}`;
}
