import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { serveWebApp } from '../src/web-app.ts';

it('outlives a build that takes its files away', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'weft-web-app-'));
  await writeFile(join(directory, 'index.html'), '<!doctype html>');
  const server = createServer(serveWebApp(directory)).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const get = () => fetch(`http://127.0.0.1:${port}/`);
    const page = await get();
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(await page.text()).toBe('<!doctype html>');
    await rm(join(directory, 'index.html'));
    await expect(get()).rejects.toThrow();
    await writeFile(join(directory, 'index.html'), '<!doctype html>');
    expect((await get()).status).toBe(200);
  } finally {
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
});

it.each([
  ['/sw.js', 200, 'no-cache'],
  ['/manifest.webmanifest', 200, 'no-cache'],
  ['/d/some-document', 200, 'no-cache'],
  ['/assets/index-abc.js', 200, 'public, max-age=31536000, immutable'],
  // Code of an earlier release is not a page: a script that is HTML would only fail later, and be kept for ever.
  ['/assets/index-old.js', 404, 'no-store'],
])('serves %s with %i and cache-control %s', async (path, status, caching) => {
  const directory = await mkdtemp(join(tmpdir(), 'weft-web-app-'));
  await mkdir(join(directory, 'assets'));
  for (const file of ['index.html', 'sw.js', 'manifest.webmanifest', 'assets/index-abc.js']) {
    await writeFile(join(directory, file), 'content');
  }
  const server = createServer(serveWebApp(directory)).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    expect(response.status).toBe(status);
    expect(response.headers.get('cache-control')).toBe(caching);
    if (path.endsWith('.js') && status === 200) {
      expect(response.headers.get('content-type')).toContain('javascript');
    }
    if (path.endsWith('.webmanifest')) {
      expect(response.headers.get('content-type')).toContain('application/manifest+json');
    }
  } finally {
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
});

it.each(['/', '/d/some-document', '/assets/index-abc.js'])(
  'an answer that %s has not changed says of it what the file said, over the headers of other answers',
  async (path) => {
    const directory = await mkdtemp(join(tmpdir(), 'weft-web-app-'));
    await mkdir(join(directory, 'assets'));
    for (const file of ['index.html', 'assets/index-abc.js']) {
      await writeFile(join(directory, file), 'content');
    }
    const serve = serveWebApp(directory);
    const server = createServer((request, response) => {
      // As the server does for every answer: browsers put what a 304 says over what they kept.
      response.setHeader('content-security-policy', "default-src 'none'");
      serve(request, response);
    }).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const url = `http://127.0.0.1:${port}${path}`;
      const first = await fetch(url);
      await first.text();
      const again = await fetch(url, {
        headers: { 'if-none-match': first.headers.get('etag') ?? '' },
      });
      expect(again.status).toBe(304);
      for (const name of ['content-security-policy', 'cache-control']) {
        expect(again.headers.get(name)).toBe(first.headers.get(name));
      }
    } finally {
      server.close();
      await rm(directory, { recursive: true, force: true });
    }
  },
);
